// PE (Windows programs and libraries) and COFF (Windows object files). Source: Microsoft's PE/COFF
// specification. Names longer than eight bytes are `/<offset>` into the string table, as MinGW and Go write.
import { Claims, Fields, type Executable, type SectionKind, partition } from './section.ts'

const MACHINES: Readonly<Record<number, string>> = {
  0x14c: 'x86',
  0x1c0: 'arm',
  0x1c4: 'arm',
  0x200: 'ia64',
  0x5032: 'riscv',
  0x5064: 'riscv',
  0x8664: 'x86-64',
  0xaa64: 'arm64',
}

/** Offset of the COFF header of a PE file (behind `MZ … PE\0\0`), or -1. */
export function peHeaderAt(bytes: Uint8Array): number {
  if (bytes[0] !== 0x4d || bytes[1] !== 0x5a) return -1
  const f = new Fields(bytes, true)
  const at = f.u32(0x3c)
  return f.u32(at) === 0x4550 ? at + 4 : -1
}

/** An object file has no magic number: a known machine, no optional header, and tables inside the file. */
export function isCoff(bytes: Uint8Array): boolean {
  const f = new Fields(bytes, true)
  const sections = f.u16(2)
  const symbols = f.u32(8)
  return (
    f.u16(0) in MACHINES &&
    f.u16(16) === 0 &&
    sections > 0 &&
    20 + sections * 40 <= bytes.length &&
    symbols + f.u32(12) * 18 <= bytes.length &&
    symbols >= 20 + sections * 40
  )
}

/** `coff`: where the COFF header stands; 0 for an object file. */
export function readPe(bytes: Uint8Array, coff: number): Executable {
  const f = new Fields(bytes, true)
  const claims = new Claims(bytes.length)
  const machine = MACHINES[f.u16(coff)]
  const count = f.u16(coff + 2)
  const symbols = f.u32(coff + 8)
  const symbolBytes = f.u32(coff + 12) * 18
  const optional = coff + 20
  const optionalSize = f.u16(coff + 16)
  const table = optional + optionalSize
  if (coff > 0) claims.add('DOS header and stub', 0, coff - 4, 'header')
  claims.add(
    coff > 0 ? 'PE headers' : 'COFF header',
    coff > 0 ? coff - 4 : 0,
    table - Math.max(coff - 4, 0),
    'header',
  )
  claims.add('section table', table, count * 40, 'header')
  const strings = symbols > 0 ? symbols + symbolBytes : NaN
  if (symbols > 0) {
    claims.add('COFF symbols', symbols, symbolBytes, 'symbols')
    claims.add('COFF strings', strings, f.u32(strings), 'strings')
  }
  for (let i = 0; i < count && claims.more(); i++) {
    const entry = table + i * 40
    const flags = f.u32(entry + 36)
    if (Number.isNaN(flags)) break
    const short = f.text(entry, 8)
    const long = /^\/\d{1,7}$/.test(short) ? f.text(strings + Number(short.slice(1)), 64) : ''
    const name = long || short || `section ${i + 1}`
    claims.add(name, f.u32(entry + 20), f.u32(entry + 16), kindOf(name, flags))
  }
  // Data directory 4, the certificates, is the one given as an offset in the file.
  const directories = f.u16(optional) === 0x20b ? optional + 112 : optional + 96
  if (coff > 0 && f.u32(directories - 4) > 4 && directories + 40 <= table) {
    claims.add('certificates', f.u32(directories + 32), f.u32(directories + 36), 'other')
  }
  return {
    format: coff > 0 ? 'PE' : 'COFF',
    architectures: machine ? [machine] : [],
    sections: partition(bytes, claims.list),
  }
}

function kindOf(name: string, flags: number): SectionKind {
  if (/^\.z?debug/.test(name)) return 'debug'
  // IMAGE_SCN_CNT_CODE, IMAGE_SCN_MEM_EXECUTE
  if ((flags & 0x20000020) !== 0) return 'code'
  if (name === '.rsrc') return 'resources'
  if (/^\.(reloc|idata|edata|didat|symtab|drectve)/.test(name)) return 'symbols'
  return 'data'
}
