// "Did you mean …": names within a small edit distance.

/** Levenshtein distance. Source: the usual dynamic programme over one row. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}

/** At most three names that the text was probably meant to be, nearest first. */
export function nearNames(text: string, names: readonly string[]): string[] {
  const wanted = text.slice(0, 64).toLowerCase()
  return names
    .map((name) => {
      const inside = wanted.length >= 3 && name.includes(wanted) ? 0.5 : Infinity
      return { name, distance: Math.min(inside, editDistance(wanted, name.toLowerCase())) }
    })
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}
