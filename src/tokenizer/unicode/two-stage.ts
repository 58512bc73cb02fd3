// Lookup tables over all code points, and the text form in which they ship: runs of equal values, one
// character for the value and, when the run is longer than one, its length in base 36.

/** `blocks[(index[cp >> 7] << 7) + (cp & 127)]` is the value of a code point. */
export interface TwoStage {
  /** `[8704]` block number by `cp >> 7`. */
  readonly index: Uint16Array
  /** `[128 * blocks]` values. */
  readonly blocks: Uint8Array
}

export const CODE_POINTS = 0x110000

/** One per value: not digits or lower-case letters (those write lengths), nothing to be escaped. */
const VALUE_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()*+,-./:;<=>?@[]^_{|}~'

const VALUES = new Uint8Array(128)
for (let i = 0; i < VALUE_CHARACTERS.length; i++) VALUES[VALUE_CHARACTERS.charCodeAt(i)] = i

/** Calls `onRun` for each run of a run-length text, from code point 0 on. `end` is exclusive. */
export function eachRun(runs: string, onRun: (value: number, start: number, end: number) => void): void {
  let start = 0
  for (let i = 0; i < runs.length;) {
    const value = VALUES[runs.charCodeAt(i)]!
    let length = 0
    for (i++; i < runs.length; i++) {
      const c = runs.charCodeAt(i)
      if (c >= 0x30 && c <= 0x39) length = length * 36 + c - 0x30
      else if (c >= 0x61 && c <= 0x7a) length = length * 36 + c - 0x57
      else break
    }
    const end = start + (length || 1)
    onRun(value, start, end)
    start = end
  }
}

/** Runs that cover all code points → a table. Whole blocks of one value are shared. */
export function twoStageFromRuns(runs: string): TwoStage {
  const index = new Uint16Array(CODE_POINTS >> 7)
  const uniform = new Map<number, number>()
  let blocks = new Uint8Array(128 * 1024)
  let used = 0
  const take = () => {
    if (used << 7 === blocks.length) {
      const wider = new Uint8Array(blocks.length * 2)
      wider.set(blocks)
      blocks = wider
    }
    return used++
  }
  eachRun(runs, (value, start, end) => {
    for (let cp = start; cp < end;) {
      const block = cp >> 7
      const stop = Math.min(end, (block + 1) << 7)
      if (stop - cp === 128) {
        let known = uniform.get(value)
        if (known === undefined) {
          known = take()
          uniform.set(value, known)
          blocks.fill(value, known << 7, (known + 1) << 7)
        }
        index[block] = known
      } else {
        if ((cp & 127) === 0) index[block] = take()
        const at = index[block]! << 7
        blocks.fill(value, at + (cp & 127), at + ((stop - 1) & 127) + 1)
      }
      cp = stop
    }
  })
  return { index, blocks: blocks.slice(0, used << 7) }
}

/** Value of one code point. */
export function lookup(table: TwoStage, cp: number): number {
  return table.blocks[(table.index[cp >> 7]! << 7) + (cp & 127)]!
}
