// Unigram training as one would write it first: strings, maps, logarithms, every substring looked up. The
// oracle of the fast trainer.

export interface PlainWord {
  text: string
  weight: number
}

/** Substrings of two characters and more that occur often enough and are not always followed by the same one. */
export function plainSeeds(
  words: readonly PlainWord[],
  maxLength: number,
  minCount: number,
): Map<string, number> {
  const counts = new Map<string, number>()
  const followed = new Map<string, Map<string, number>>()
  for (const { text, weight } of words) {
    const symbols = [...text]
    for (let i = 0; i < symbols.length; i++) {
      for (let n = 2; n <= maxLength && i + n <= symbols.length; n++) {
        const piece = symbols.slice(i, i + n).join('')
        counts.set(piece, (counts.get(piece) ?? 0) + weight)
        const next = symbols[i + n]
        if (next === undefined) continue
        const after = followed.get(piece) ?? new Map<string, number>()
        followed.set(piece, after.set(next, (after.get(next) ?? 0) + weight))
      }
    }
  }
  for (const [piece, count] of counts) {
    if (count < minCount || [...(followed.get(piece)?.values() ?? [])].includes(count)) counts.delete(piece)
  }
  return counts
}

/** All ways to write a word with the pieces. */
function allWays(symbols: readonly string[], pieces: ReadonlyMap<string, number>): string[][] {
  if (symbols.length === 0) return [[]]
  const ways: string[][] = []
  for (let n = 1; n <= symbols.length; n++) {
    const piece = symbols.slice(0, n).join('')
    if (!pieces.has(piece)) continue
    for (const rest of allWays(symbols.slice(n), pieces)) ways.push([piece, ...rest])
  }
  return ways
}

const sumOf = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0)
const scoreOf = (way: readonly string[], scores: ReadonlyMap<string, number>) =>
  sumOf(way.map((piece) => scores.get(piece)!))

/** Expected counts of the pieces, and the log-likelihood. */
export function plainExpectation(words: readonly PlainWord[], scores: ReadonlyMap<string, number>) {
  const expected = new Map<string, number>()
  let likelihood = 0
  for (const { text, weight } of words) {
    const ways = allWays([...text], scores)
    const all = ways.map((way) => scoreOf(way, scores))
    const highest = Math.max(...all)
    const total = highest + Math.log(sumOf(all.map((score) => Math.exp(score - highest))))
    likelihood += weight * total
    ways.forEach((way, i) => {
      for (const piece of way)
        expected.set(piece, (expected.get(piece) ?? 0) + weight * Math.exp(all[i]! - total))
    })
  }
  return { expected, likelihood }
}

/** Ways by falling score. */
export function plainBest(text: string, scores: ReadonlyMap<string, number>): string[][] {
  return allWays([...text], scores).sort((a, b) => scoreOf(b, scores) - scoreOf(a, scores))
}

/** Numerically: the derivative of log Γ. */
function digamma(x: number): number {
  return x < 30 ? digamma(x + 1) - 1 / x : Math.log(x) - 1 / (2 * x) - 1 / (12 * x * x) + 1 / (120 * x ** 4)
}

/** Pieces and scores, by falling score. */
export function plainUnigram(
  words: readonly PlainWord[],
  options: { size: number; maxLength: number; minCount: number },
): [string, number][] {
  const characters = new Set(words.flatMap(({ text }) => [...text]))
  const initial = new Map<string, number>()
  for (const { text, weight } of words) for (const c of text) initial.set(c, (initial.get(c) ?? 0) + weight)
  for (const [piece, count] of plainSeeds(words, options.maxLength, options.minCount))
    initial.set(piece, count * [...piece].length)
  const total = sumOf(initial.values())
  let scores = new Map([...initial].map(([piece, count]) => [piece, Math.log(count / total)]))
  const wanted = Math.max(options.size, Math.floor(options.size * 1.1))
  for (;;) {
    for (let n = 0; n < 2; n++) {
      const { expected } = plainExpectation(words, scores)
      const kept = [...scores.keys()].flatMap((piece): [string, number][] => {
        const count = expected.get(piece) ?? 0
        if (characters.has(piece)) return [[piece, Math.max(count, 0.5)]]
        return count >= 0.5 ? [[piece, count]] : []
      })
      const sum = sumOf(kept.map(([, count]) => count))
      scores = new Map(kept.map(([piece, count]) => [piece, digamma(count) - digamma(sum)]))
    }
    if (scores.size <= wanted) break
    const counts = new Map<string, number>()
    for (const { text, weight } of words)
      for (const piece of plainBest(text, scores)[0]!) counts.set(piece, (counts.get(piece) ?? 0) + weight)
    const all = sumOf(counts.values())
    const losses = [...scores.keys()]
      .filter((piece) => !characters.has(piece) && counts.has(piece))
      .map((piece): [string, number] => {
        const count = counts.get(piece)!
        const others = plainBest(piece, scores).find((way) => way.length > 1)!
        const after = sumOf(
          others.map(
            (other) =>
              Math.log((counts.get(other) ?? 0) + count) - Math.log(all + count * (others.length - 1)),
          ),
        )
        return [piece, (count / all) * (Math.log(count / all) - after)]
      })
      .sort((a, b) => b[1] - a[1])
    const size = Math.max(wanted, Math.floor(scores.size * 0.75))
    const keep = new Set(losses.slice(0, size - characters.size).map(([piece]) => piece))
    scores = new Map([...scores].filter(([piece]) => characters.has(piece) || keep.has(piece)))
  }
  const ranked = [...scores].sort((a, b) => b[1] - a[1])
  const most = new Set(
    ranked
      .filter(([piece]) => !characters.has(piece))
      .slice(0, options.size - characters.size)
      .map(([piece]) => piece),
  )
  return ranked.filter(([piece]) => characters.has(piece) || most.has(piece))
}
