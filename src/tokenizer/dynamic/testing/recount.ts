// Dynamic tokenization by its definition: all pairs counted anew before every merge, sequences rebuilt.
import type { Symbols } from '../symbols.ts'

export interface PlainBatch {
  /** `[texts]` symbols after the merges. */
  texts: number[][]
  merges: { left: number; right: number; made: number; count: number; places: number }[]
}

/** `walls` `[texts]` as in BatchMerges. */
export function recountBatch(
  symbols: Symbols,
  base: readonly (readonly number[])[],
  walls: readonly (readonly number[])[],
  most: number,
): PlainBatch {
  let texts = base.map((text, t) => text.map((symbol, i) => ({ symbol, wall: walls[t]![i] === 1 })))
  const merges: PlainBatch['merges'] = []
  while (merges.length < most) {
    // A Map keeps the order in which pairs were seen first.
    const counts = new Map<string, { left: number; right: number; count: number }>()
    for (const text of texts) {
      for (let i = 0; i + 1 < text.length; i++) {
        const left = text[i]!.symbol
        const right = text[i + 1]!.symbol
        if (text[i + 1]!.wall || symbols.join(left, right) < 0) continue
        const pair = counts.get(`${left} ${right}`) ?? { left, right, count: 0 }
        pair.count++
        counts.set(`${left} ${right}`, pair)
      }
    }
    let best: { left: number; right: number; count: number } | null = null
    for (const pair of counts.values()) if (!best || pair.count > best.count) best = pair
    if (!best) break
    const { left, right, count } = best
    const made = symbols.join(left, right)
    let places = 0
    texts = texts.map((text) => {
      const out: typeof text = []
      for (let i = 0; i < text.length; i++) {
        const here = text[i]!
        const after = text[i + 1]
        if (after && here.symbol === left && after.symbol === right && !after.wall) {
          out.push({ symbol: made, wall: here.wall })
          places++
          i++
        } else out.push(here)
      }
      return out
    })
    merges.push({ left, right, made, count, places })
  }
  return { texts: texts.map((text) => text.map(({ symbol }) => symbol)), merges }
}
