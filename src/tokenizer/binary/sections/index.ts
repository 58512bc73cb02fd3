// What an executable file is made of. Headers are untrusted: whatever they claim, the answer is a
// partition of the file, found in bounded time; an unknown file is one section.
import { isElf, readElf } from './elf.ts'
import { isMachO, readMachO } from './macho.ts'
import { isCoff, peHeaderAt, readPe } from './pe.ts'
import type { Executable, Section } from './section.ts'

export type { Executable, ExecutableFormat, Section, SectionKind } from './section.ts'

/** Format, architectures and sections of a file. Never throws. */
export function inspectExecutable(bytes: Uint8Array): Executable {
  if (isElf(bytes)) return readElf(bytes)
  if (isMachO(bytes)) return readMachO(bytes)
  const coff = peHeaderAt(bytes)
  if (coff >= 0) return readPe(bytes, coff)
  if (isCoff(bytes)) return readPe(bytes, 0)
  const whole: Section = { name: 'file', start: 0, end: bytes.length, kind: 'other' }
  return { format: 'other', architectures: [], sections: bytes.length > 0 ? [whole] : [] }
}

/** The sections of ELF, PE, COFF and Mach-O files, in file order, covering every byte. Never throws. */
export function sections(bytes: Uint8Array): Section[] {
  return inspectExecutable(bytes).sections
}
