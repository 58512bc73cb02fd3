// Sets of code points as sorted, disjoint, non-touching ranges in one flat array [start, end, start, end …]
// with exclusive ends. Surrogates may be inside a set; well-formed text never asks for them.
import { CODE_POINTS, eachRun, type TwoStage } from './two-stage.ts'

export type CodePointSet = readonly number[]

export const EMPTY_SET: CodePointSet = []
export const ALL_CODE_POINTS: CodePointSet = [0, CODE_POINTS]

/** Sorts and joins ranges given in any order. */
export function setFromRanges(ranges: readonly (readonly [start: number, end: number])[]): CodePointSet {
  const sorted = ranges.filter(([start, end]) => start < end).sort((a, b) => a[0] - b[0])
  const out: number[] = []
  for (const [start, end] of sorted) {
    if (out.length > 0 && start <= out[out.length - 1]!) {
      if (end > out[out.length - 1]!) out[out.length - 1] = end
    } else out.push(start, end)
  }
  return out
}

/** The set of the code points whose run has the value 1 (`B`). */
export function setFromRuns(runs: string): CodePointSet {
  const out: number[] = []
  eachRun(runs, (value, start, end) => {
    if (value === 1) out.push(start, end)
  })
  return out
}

/** The code points whose value in a table passes. */
export function setFromTable(table: TwoStage, passes: (value: number) => boolean): CodePointSet {
  const wanted = new Uint8Array(256)
  for (let v = 0; v < 256; v++) wanted[v] = passes(v) ? 1 : 0
  const { index, blocks } = table
  const uniform = new Int8Array(blocks.length >> 7).fill(-2)
  const out: number[] = []
  let inside = 0
  for (let b = 0; b < index.length; b++) {
    const at = index[b]! << 7
    if (uniform[index[b]!] === -2) {
      const first = wanted[blocks[at]!]!
      let same = first
      for (let i = 1; i < 128 && same === first; i++) if (wanted[blocks[at + i]!] !== first) same = -1
      uniform[index[b]!] = same
    }
    if (uniform[index[b]!] === inside) continue
    for (let i = 0; i < 128; i++) {
      if (wanted[blocks[at + i]!] !== inside) {
        inside ^= 1
        out.push((b << 7) + i)
      }
    }
  }
  if (inside) out.push(CODE_POINTS)
  return out
}

export function complement(a: CodePointSet): CodePointSet {
  const out: number[] = []
  let at = 0
  for (let i = 0; i < a.length; i += 2) {
    if (a[i]! > at) out.push(at, a[i]!)
    at = a[i + 1]!
  }
  if (at < CODE_POINTS) out.push(at, CODE_POINTS)
  return out
}

/** Merges two sets by a truth table: bit 1 = only in a, bit 2 = only in b, bit 3 = in both. */
function combine(a: CodePointSet, b: CodePointSet, truth: number): CodePointSet {
  const out: number[] = []
  let i = 0
  let j = 0
  let inside = 0
  while (i < a.length || j < b.length) {
    const at = Math.min(i < a.length ? a[i]! : CODE_POINTS + 1, j < b.length ? b[j]! : CODE_POINTS + 1)
    if (i < a.length && a[i] === at) i++
    if (j < b.length && b[j] === at) j++
    const now = (truth >> ((i & 1) | ((j & 1) << 1))) & 1
    if (now !== inside) {
      inside = now
      out.push(at)
    }
  }
  return out
}

export const union = (a: CodePointSet, b: CodePointSet): CodePointSet => combine(a, b, 0b1110)
export const intersection = (a: CodePointSet, b: CodePointSet): CodePointSet => combine(a, b, 0b1000)
export const difference = (a: CodePointSet, b: CodePointSet): CodePointSet => combine(a, b, 0b0010)
export const symmetricDifference = (a: CodePointSet, b: CodePointSet): CodePointSet => combine(a, b, 0b0110)

export function setHas(a: CodePointSet, cp: number): boolean {
  let low = 0
  let high = a.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (a[middle]! <= cp) low = middle + 1
    else high = middle
  }
  return (low & 1) === 1
}

/** A constant-time membership test: one bit per code point (136 kB), built on first use of it. */
export function membership(set: () => CodePointSet): (cp: number) => boolean {
  let bits: Uint8Array | null = null
  const build = (): Uint8Array => {
    bits = new Uint8Array(CODE_POINTS >> 3)
    const a = set()
    for (let i = 0; i < a.length; i += 2) {
      for (let cp = a[i]!; cp < a[i + 1]!;) {
        if ((cp & 7) === 0 && cp + 8 <= a[i + 1]!) {
          const whole = (a[i + 1]! - cp) >> 3
          bits.fill(255, cp >> 3, (cp >> 3) + whole)
          cp += whole << 3
        } else {
          bits[cp >> 3]! |= 1 << (cp & 7)
          cp++
        }
      }
    }
    return bits
  }
  return (cp) => (((bits ?? build())[cp >> 3]! >> (cp & 7)) & 1) === 1
}
