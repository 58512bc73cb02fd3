// The alphabet of a pattern: code points that no set of the pattern tells apart share one symbol. A text is
// first rewritten as symbols, one per UTF-16 unit; then matching a set is one lookup in a small table.
import type { CodePointSet } from '../unicode/index.ts'
import { patternTooComplex } from './syntax.ts'

const CODE_POINTS = 0x110000
const MAX_BOUNDARIES = 400_000
const MAX_TABLE = 8_000_000

export class Alphabet {
  /** Symbols of code points; `end` and `trail` come after them. */
  readonly size: number
  /** Stands after the last character. */
  readonly end: number
  /** Stands for the second unit of a surrogate pair. */
  readonly trail: number
  /** `[sets * (size + 2)]`: 1 = the symbol is in the set. */
  readonly members: Uint8Array
  readonly width: number
  private readonly index: Uint16Array
  private readonly blocks: Uint16Array
  private readonly ascii: Uint16Array

  constructor(sets: readonly CodePointSet[]) {
    const boundaries = sets.reduce((sum, set) => sum + set.length, 0)
    if (boundaries > MAX_BOUNDARIES) throw patternTooComplex('The character classes have too many ranges')
    // Code point and set in one sortable number.
    const events = new Float64Array(boundaries)
    let filled = 0
    for (const [number, set] of sets.entries()) {
      for (const at of set) if (at < CODE_POINTS) events[filled++] = at * sets.length + number
    }
    const sorted = events.subarray(0, filled).sort()
    const inside = new Uint8Array(sets.length)
    // The state of `inside` as one number, kept up by each change; equal numbers are checked row by row.
    let state = 0
    const toggle = (set: number): void => {
      inside[set]! ^= 1
      state ^= Math.imul(set + 1, 0x9e3779b1) ^ (set << 7)
    }
    const symbolOf = new Map<number, number>()
    const rows: Uint8Array[] = []
    const symbolHere = (): number => {
      let key = state
      for (let symbol = symbolOf.get(key); symbol !== undefined; symbol = symbolOf.get(key)) {
        if (sameRow(rows[symbol]!, inside)) return symbol
        key = (key + 1) | 0
      }
      symbolOf.set(key, rows.length)
      rows.push(inside.slice())
      if (rows.length * sets.length > MAX_TABLE || rows.length > 0xfff0) {
        throw patternTooComplex('The character classes are too many and too different')
      }
      return rows.length - 1
    }
    this.index = new Uint16Array(CODE_POINTS >> 7)
    const uniform = new Map<number, number>()
    let blocks = new Uint16Array(128 * 512)
    let used = 0
    const take = (): number => {
      if (used << 7 === blocks.length) {
        const wider = new Uint16Array(blocks.length * 2)
        wider.set(blocks)
        blocks = wider
      }
      return used++
    }
    const fill = (symbol: number, start: number, end: number): void => {
      for (let cp = start; cp < end;) {
        const block = cp >> 7
        const stop = Math.min(end, (block + 1) << 7)
        if (stop - cp === 128) {
          let known = uniform.get(symbol)
          if (known === undefined) {
            known = take()
            uniform.set(symbol, known)
            blocks.fill(symbol, known << 7, (known + 1) << 7)
          }
          this.index[block] = known
        } else {
          if ((cp & 127) === 0) this.index[block] = take()
          const at = this.index[block]! << 7
          blocks.fill(symbol, at + (cp & 127), at + ((stop - 1) & 127) + 1)
        }
        cp = stop
      }
    }
    let from = 0
    for (let i = 0; i < sorted.length;) {
      const at = Math.floor(sorted[i]! / sets.length)
      if (at > from) fill(symbolHere(), from, at)
      const next = (at + 1) * sets.length
      for (; i < sorted.length && sorted[i]! < next; i++) toggle(sorted[i]! - at * sets.length)
      from = at
    }
    if (from < CODE_POINTS) fill(symbolHere(), from, CODE_POINTS)
    this.blocks = blocks.slice(0, used << 7)
    this.ascii = new Uint16Array(128)
    for (let cp = 0; cp < 128; cp++) this.ascii[cp] = this.blocks[(this.index[0]! << 7) + cp]!
    this.size = rows.length
    this.end = rows.length
    this.trail = rows.length + 1
    this.width = rows.length + 2
    this.members = new Uint8Array(Math.max(1, sets.length * this.width))
    for (let set = 0; set < sets.length; set++) {
      for (let symbol = 0; symbol < rows.length; symbol++) {
        this.members[set * this.width + symbol] = rows[symbol]![set]!
      }
    }
  }

  /** Writes the symbols of `text[from .. to)` and `end` to `out`; true when there is a surrogate pair. */
  read(text: string, from: number, to: number, out: Uint16Array): boolean {
    const { index, blocks, ascii, trail } = this
    let pairs = false
    let i = 0
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at)
      if (unit < 128) out[i++] = ascii[unit]!
      else if ((unit & 0xfc00) === 0xd800 && at + 1 < to) {
        const cp = ((unit - 0xd800) << 10) + text.charCodeAt(++at) - 0xdc00 + 0x10000
        out[i++] = blocks[(index[cp >> 7]! << 7) + (cp & 127)]!
        out[i++] = trail
        pairs = true
      } else out[i++] = blocks[(index[unit >> 7]! << 7) + (unit & 127)]!
    }
    out[i] = this.end
    return pairs
  }
}

function sameRow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
