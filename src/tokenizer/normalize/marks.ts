// Canonical ordering of long runs of combining marks in time n log n. The combining class of a mark is not
// stored but found by asking the engine how it orders the mark beside known ones: only long runs, which no
// honest text has, come here.

/** A mark of each combining class, in the order of the classes. */
const KNOWN = [
  0x0334, 0x093c, 0x3099, 0x094d, 0x05b0, 0x05b1, 0x05b2, 0x05b3, 0x05b4, 0x05b5, 0x05b6, 0x05b7, 0x05b8,
  0x05b9, 0x05bb, 0x05bc, 0x05bd, 0x05bf, 0x05c1, 0x05c2, 0xfb1e, 0x064b, 0x064c, 0x064d, 0x064e, 0x064f,
  0x0650, 0x0651, 0x0652, 0x0670, 0x0711, 0x0c55, 0x0c56, 0x0e38, 0x0e48, 0x0eb8, 0x0ec8, 0x0f71, 0x0f72,
  0x0f74, 0x0321, 0x1dce, 0x031b, 0x302a, 0x0316, 0x059a, 0x302e, 0x1d16d, 0x05ae, 0x0300, 0x0315, 0x035c,
  0x035d, 0x0345,
].map((cp) => String.fromCodePoint(cp)) // prettier-ignore

const ranks = new Map<number, number>()

/** The engine puts `b` before `a`: the combining class of `a` is the higher one, and both have one. */
const swaps = (a: string, b: string) => (a + b).normalize('NFD') === b + a && a !== b

/** 0 = a starter; otherwise a number that orders as combining classes do. */
function rank(cp: number): number {
  let known = ranks.get(cp)
  if (known === undefined) {
    const mark = String.fromCodePoint(cp)
    known = 0
    const last = KNOWN.length - 1
    if (swaps(mark, KNOWN[0]!) || swaps(KNOWN[last]!, mark) || mark === KNOWN[0] || mark === KNOWN[last]) {
      let low = 0
      let high = last
      while (low < high) {
        const middle = (low + high) >> 1
        if (swaps(mark, KNOWN[middle]!)) low = middle + 1
        else high = middle
      }
      known = low + 1
    }
    ranks.set(cp, known)
  }
  return known
}

/** The text with every run of marks decomposed and in canonical order; its normal forms stay the same. */
export function orderMarks(
  text: string,
  form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD',
  isMark: (cp: number) => boolean,
): string {
  const decomposition = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD'
  const out: string[] = []
  const buckets: string[][] = []
  const flush = () => {
    for (const bucket of buckets) {
      if (bucket && bucket.length > 0) out.push(bucket.join(''))
    }
    buckets.length = 0
  }
  for (const character of text) {
    if (!isMark(character.codePointAt(0)!)) {
      flush()
      out.push(character)
      continue
    }
    for (const part of character.normalize(decomposition)) {
      const r = rank(part.codePointAt(0)!)
      if (r === 0) {
        flush()
        out.push(part)
      } else (buckets[r] ??= []).push(part)
    }
  }
  flush()
  return out.join('')
}
