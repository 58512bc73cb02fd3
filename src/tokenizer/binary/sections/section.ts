// What the readers of executable formats share: the shape of their answer, a reader of fields that is
// NaN outside the file (so that a broken offset drops out of every later comparison instead of throwing),
// and the last step that turns claimed ranges, true or not, into a partition of the file.

export type SectionKind =
  | 'header' // file header, program and section tables, notes
  | 'code'
  | 'data'
  | 'strings' // string tables and literal sections
  | 'symbols' // symbols, relocations, imports, exports, hashes
  | 'debug'
  | 'resources' // icons, dialogs, manifests (PE)
  | 'padding' // one byte value repeated, in no section
  | 'other' // in no section: signatures, appended archives, unknown files

export interface Section {
  name: string
  /** Bytes of the file: `[start, end)`. */
  start: number
  end: number
  kind: SectionKind
}

export type ExecutableFormat = 'ELF' | 'PE' | 'COFF' | 'Mach-O' | 'other'

export interface Executable {
  format: ExecutableFormat
  /** `x86-64`, `arm64`, …; several for a fat Mach-O; empty when unknown. */
  architectures: string[]
  /** Sorted, without overlaps, covering the whole file; empty for an empty file. */
  sections: Section[]
}

/** Table entries read per file: no toolchain comes near, a hostile header may claim billions. */
const MAX_ENTRIES = 100_000

/** Numbers of a file at any offset; NaN where the file has no such bytes. */
export class Fields {
  readonly length: number
  private readonly view: DataView
  private readonly little: boolean

  constructor(bytes: Uint8Array, little: boolean) {
    this.length = bytes.length
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.little = little
  }

  u8(at: number): number {
    return this.holds(at, 1) ? this.view.getUint8(at) : NaN
  }

  u16(at: number): number {
    return this.holds(at, 2) ? this.view.getUint16(at, this.little) : NaN
  }

  u32(at: number): number {
    return this.holds(at, 4) ? this.view.getUint32(at, this.little) : NaN
  }

  /** Exact up to 2^53, which is beyond any file. */
  u64(at: number): number {
    if (!this.holds(at, 8)) return NaN
    const high = this.view.getUint32(this.little ? at + 4 : at, this.little)
    const low = this.view.getUint32(this.little ? at : at + 4, this.little)
    return high * 4294967296 + low
  }

  /** Latin-1 text up to the first zero, at most `max` bytes, unprintable ones as `?`. */
  text(at: number, max: number): string {
    let text = ''
    for (let i = 0; i < max; i++) {
      const b = this.u8(at + i)
      if (!(b > 0)) break
      text += b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '?'
    }
    return text
  }

  private holds(at: number, size: number): boolean {
    return at >= 0 && at + size <= this.length && Number.isInteger(at)
  }
}

/** Collects what headers claim, cut to the file. */
export class Claims {
  readonly list: Section[] = []
  private readonly length: number
  private entries = 0

  constructor(length: number) {
    this.length = length
  }

  /** Whether one more entry of a table may be read; each call counts as one. */
  more(): boolean {
    return this.entries++ < MAX_ENTRIES
  }

  add(name: string, start: number, size: number, kind: SectionKind): void {
    if (!(start >= 0 && start < this.length && size > 0)) return
    this.list.push({ name, start, end: Math.min(this.length, start + size), kind })
  }
}

/** A partition of `[0, bytes.length)`: claims in order of their start, earlier ones win, gaps filled. */
export function partition(bytes: Uint8Array, claims: readonly Section[]): Section[] {
  const sorted = [...claims].sort((a, b) => a.start - b.start || a.end - b.end)
  const out: Section[] = []
  let at = 0
  const gap = (end: number) => {
    if (end <= at) return
    const padding = isUniform(bytes, at, end)
    out.push({
      name: padding ? 'padding' : 'outside sections',
      start: at,
      end,
      kind: padding ? 'padding' : 'other',
    })
    at = end
  }
  for (const section of sorted) {
    if (section.end <= at) continue
    gap(section.start)
    out.push({ ...section, start: at })
    at = section.end
  }
  gap(bytes.length)
  return out
}

function isUniform(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]
  for (let i = start + 1; i < end; i++) if (bytes[i] !== first) return false
  return true
}
