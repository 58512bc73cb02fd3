// Pairs of characters that a person would call alike, found by rules and not chosen one by one, and how often a
// table has the one among the nearest of the other.
import type { Neighbour } from '../../tokenizer/index.ts'

export interface Pair {
  from: string
  to: string
}

export interface Rate {
  pairs: number
  /** Share of pairs whose second is among the `NEAREST` neighbours of the first. */
  found: number
  /** Share of pairs with equal pictures or a cosine above 0.999. */
  equal: number
}

export const NEAREST = 10

/** Letters that Latin, Greek and Cyrillic write with one shape; both directions of every two. */
const SHAPES =
  'AΑА BΒВ EΕЕ HΗН IΙІ KΚК MΜМ NΝ OΟО PΡР TΤТ XΧХ YΥҮ ZΖ CС SЅ JЈ aа cс eе iі jј oοо pр sѕ xх yу hһ'

export function twins(): Pair[] {
  return SHAPES.split(' ').flatMap((shape) =>
    [...shape].flatMap((from) => [...shape].filter((to) => to !== from).map((to) => ({ from, to }))),
  )
}

/** Letters with one mark, and the letter without it, by canonical decomposition: é and e. */
export function accented(): Pair[] {
  const pairs: Pair[] = []
  for (let cp = 0xc0; cp < 0x2000; cp++) {
    const from = String.fromCharCode(cp)
    const [to, mark, ...more] = from.normalize('NFD')
    if (mark !== undefined && more.length === 0 && /^\p{L}$/u.test(to!) && /^\p{M}$/u.test(mark)) {
      pairs.push({ from, to: to! })
    }
  }
  return pairs
}

/** Characters that are another one by compatibility: radicals, full-width and presentation forms. */
export function variants(): Pair[] {
  const pairs: Pair[] = []
  for (let cp = 0xa0; cp < 0xffff; cp++) {
    if (cp >= 0xd800 && cp < 0xf900) continue
    const from = String.fromCharCode(cp)
    const to = from.normalize('NFKC')
    if (to !== from && to.length === 1 && !/\s/.test(to)) pairs.push({ from, to })
  }
  return pairs
}

/** Asks for the neighbours of every first; ids of single characters are their code points. */
export async function rateOf(
  pairs: readonly Pair[],
  nearest: (id: number) => Neighbour[],
  breathe: () => Promise<void>,
): Promise<Rate> {
  let found = 0
  let equal = 0
  let asked = -1
  let neighbours: Neighbour[] = []
  for (const { from, to } of pairs) {
    const id = from.charCodeAt(0)
    if (asked !== id) {
      await breathe()
      asked = id
      neighbours = nearest(id)
    }
    const neighbour = neighbours.find((one) => one.id === to.charCodeAt(0))
    if (neighbour) found++
    if (neighbour && neighbour.value > 0.999) equal++
  }
  return { pairs: pairs.length, found: found / pairs.length, equal: equal / pairs.length }
}
