// Mach-O (Apple), thin and fat, 32 and 64 bits, both byte orders. Source: <mach-o/loader.h>, <mach-o/fat.h>.
// A fat file starts with the same four bytes as a Java class; the count that follows tells them apart.
import { Claims, Fields, type Executable, type SectionKind, partition } from './section.ts'

const MACHINES: Readonly<Record<number, string>> = {
  7: 'x86',
  12: 'arm',
  18: 'ppc',
  0x01000007: 'x86-64',
  0x0100000c: 'arm64',
  0x01000012: 'ppc64',
}
const MAX_ARCHITECTURES = 32

/** Segment commands name sections; these commands name tables in __LINKEDIT by offset and size. */
const LINK_TABLES: Readonly<Record<number, string>> = {
  0x1d: 'code signature',
  0x1e: 'segment split info',
  0x26: 'function starts',
  0x29: 'data in code',
  0x2b: 'dylib code sign info',
  0x2e: 'linker optimization hints',
  0x33: 'exports trie',
  0x34: 'chained fixups',
}

export function isMachO(bytes: Uint8Array): boolean {
  const big = new Fields(bytes, false)
  const magic = big.u32(0)
  if (magic === 0xcafebabe || magic === 0xcafebabf) {
    const count = big.u32(4)
    return count >= 1 && count <= MAX_ARCHITECTURES
  }
  return magic === 0xfeedface || magic === 0xfeedfacf || magic === 0xcefaedfe || magic === 0xcffaedfe
}

export function readMachO(bytes: Uint8Array): Executable {
  const claims = new Claims(bytes.length)
  const architectures: string[] = []
  const big = new Fields(bytes, false)
  const magic = big.u32(0)
  if (magic === 0xcafebabe || magic === 0xcafebabf) {
    const wide = magic === 0xcafebabf
    const count = big.u32(4)
    const entrySize = wide ? 32 : 20
    claims.add('fat header', 0, 8 + count * entrySize, 'header')
    for (let i = 0; i < count; i++) {
      const entry = 8 + i * entrySize
      const start = wide ? big.u64(entry + 8) : big.u32(entry + 8)
      const size = wide ? big.u64(entry + 16) : big.u32(entry + 12)
      if (!(start > 0 && start < bytes.length && size > 0)) continue
      const slice = bytes.subarray(start, Math.min(bytes.length, start + size))
      const machine = MACHINES[big.u32(entry)] ?? `slice ${i + 1}`
      architectures.push(machine)
      readThin(slice, start, `${machine} `, claims)
    }
  } else {
    const machine = readThin(bytes, 0, '', claims)
    if (machine) architectures.push(machine)
  }
  return { format: 'Mach-O', architectures, sections: partition(bytes, claims.list) }
}

/** One architecture that begins at `base` of the file; offsets inside are relative to it. */
function readThin(bytes: Uint8Array, base: number, prefix: string, claims: Claims): string | undefined {
  const magic = new Fields(bytes, false).u32(0)
  const little = magic === 0xcefaedfe || magic === 0xcffaedfe
  const wide = magic === 0xfeedfacf || magic === 0xcffaedfe
  if (!little && !wide && magic !== 0xfeedface) return undefined
  const f = new Fields(bytes, little)
  const add = (name: string, start: number, size: number, kind: SectionKind) =>
    claims.add(prefix + name, base + start, Math.min(size, bytes.length - start), kind)
  const machine = MACHINES[f.u32(4)]
  const count = f.u32(16)
  let at = wide ? 32 : 28
  add('Mach-O header', 0, at, 'header')
  add('load commands', at, f.u32(20), 'header')
  for (let i = 0; i < count && claims.more(); i++) {
    const command = f.u32(at) & 0x7fffffff
    const size = f.u32(at + 4)
    if (!(size >= 8)) break
    if (command === 0x01 || command === 0x19) readSegment(f, at, command === 0x19, add, claims)
    else if (command === 0x02) {
      add('symbols', f.u32(at + 8), f.u32(at + 12) * (wide ? 16 : 12), 'symbols')
      add('symbol names', f.u32(at + 16), f.u32(at + 20), 'strings')
    } else if (command === 0x0b) {
      add('indirect symbols', f.u32(at + 56), f.u32(at + 60) * 4, 'symbols')
    } else if (command === 0x22) {
      const tables = ['rebase', 'bind', 'weak bind', 'lazy bind', 'export']
      tables.forEach((name, t) =>
        add(`${name} info`, f.u32(at + 8 + 8 * t), f.u32(at + 12 + 8 * t), 'symbols'),
      )
    } else if (command in LINK_TABLES) {
      add(LINK_TABLES[command]!, f.u32(at + 8), f.u32(at + 12), command === 0x1d ? 'other' : 'symbols')
    }
    at += size
  }
  return machine
}

function readSegment(
  f: Fields,
  at: number,
  wide: boolean,
  add: (name: string, start: number, size: number, kind: SectionKind) => void,
  claims: Claims,
): void {
  const count = f.u32(at + (wide ? 64 : 48))
  const entrySize = wide ? 80 : 68
  for (let i = 0; i < count && claims.more(); i++) {
    const entry = at + (wide ? 72 : 56) + i * entrySize
    const flags = f.u32(entry + (wide ? 64 : 56))
    if (Number.isNaN(flags)) break
    const type = flags & 0xff
    // Zero-filled sections have no bytes in the file.
    if (type === 0x01 || type === 0x0c || type === 0x12) continue
    const segment = f.text(entry + 16, 16)
    const size = wide ? f.u64(entry + 40) : f.u32(entry + 36)
    const start = f.u32(entry + (wide ? 48 : 40))
    // S_ATTR_PURE_INSTRUCTIONS, S_ATTR_SOME_INSTRUCTIONS; S_CSTRING_LITERALS
    const code = (flags & 0x80000400) !== 0
    const kind = segment === '__DWARF' ? 'debug' : code ? 'code' : type === 0x02 ? 'strings' : 'data'
    add(`${segment},${f.text(entry, 16)}`, start, size, kind)
  }
}
