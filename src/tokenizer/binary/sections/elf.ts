// ELF, 32 and 64 bits, both byte orders: the section table, or the segments where it is stripped away.
// Source: System V ABI, chapters 4 and 5.
import { Claims, Fields, type Executable, type SectionKind, partition } from './section.ts'

const MACHINES: Readonly<Record<number, string>> = {
  2: 'sparc',
  3: 'x86',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390',
  40: 'arm',
  62: 'x86-64',
  183: 'arm64',
  243: 'riscv',
  258: 'loongarch',
}

export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
}

export function readElf(bytes: Uint8Array): Executable {
  const wide = bytes[4] === 2
  const f = new Fields(bytes, bytes[5] !== 2)
  const claims = new Claims(bytes.length)
  const word = (at: number) => (wide ? f.u64(at) : f.u32(at))
  const machine = MACHINES[f.u16(18)]
  const programs = word(wide ? 32 : 28)
  const table = word(wide ? 40 : 32)
  const at = wide ? 52 : 40
  const programSize = f.u16(at + 2)
  const programCount = f.u16(at + 4)
  const entrySize = f.u16(at + 6)
  // With 65,280 sections or more the count and the name table's index stand in section 0 (extension).
  const count = f.u16(at + 8) || word(table + (wide ? 32 : 20))
  const nameIndex = f.u16(at + 10) === 0xffff ? f.u32(table + (wide ? 40 : 24)) : f.u16(at + 10)
  claims.add('ELF header', 0, f.u16(at) || 52, 'header')
  claims.add('program headers', programs, programSize * programCount, 'header')

  if (table > 0 && entrySize >= (wide ? 64 : 40) && count > 0) {
    claims.add('section headers', table, entrySize * count, 'header')
    const names = word(table + nameIndex * entrySize + (wide ? 24 : 16))
    for (let i = 1; i < count && claims.more(); i++) {
      const entry = table + i * entrySize
      const type = f.u32(entry + 4)
      if (Number.isNaN(type)) break
      // NULL has no bytes at all, NOBITS (.bss) none in the file.
      if (type === 0 || type === 8) continue
      const name = f.text(names + f.u32(entry), 64) || `section ${i}`
      const flags = word(entry + 8)
      const start = word(entry + (wide ? 24 : 16))
      const size = word(entry + (wide ? 32 : 20))
      claims.add(name, start, size, kindOf(name, type, flags))
    }
  } else {
    for (let i = 0; i < programCount && claims.more(); i++) {
      const entry = programs + i * programSize
      const type = f.u32(entry)
      if (Number.isNaN(type)) break
      if (type !== 1) continue
      const start = word(entry + (wide ? 8 : 4))
      const size = word(entry + (wide ? 32 : 16))
      const executable = (f.u32(entry + (wide ? 4 : 24)) & 1) === 1
      claims.add(`segment ${i}`, start, size, executable ? 'code' : 'data')
    }
  }
  return { format: 'ELF', architectures: machine ? [machine] : [], sections: partition(bytes, claims.list) }
}

function kindOf(name: string, type: number, flags: number): SectionKind {
  if (/^\.(z?debug|gnu_debug|stab|gdb_index)/.test(name)) return 'debug'
  if (flags % 8 >= 4) return 'code'
  if (type === 3) return 'strings'
  if (type === 7) return 'header'
  // SYMTAB, RELA, HASH, DYNAMIC, REL, DYNSYM, and the GNU hash and version tables.
  if (type === 2 || type === 4 || type === 5 || type === 6 || type === 9 || type === 11) return 'symbols'
  if (type >= 0x6ffffff6 && type <= 0x6fffffff) return 'symbols'
  // SHF_STRINGS: zero-terminated strings that the linker may merge.
  if (flags % 64 >= 32 || name === '.comment') return 'strings'
  return 'data'
}
