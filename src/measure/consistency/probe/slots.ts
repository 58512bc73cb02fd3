// The probe's texts: words chosen as targets and put in brackets, and where the answer has something in their place.
// Words of source and answer are aligned by a longest common subsequence; a slot is judged only where its neighbours
// on both sides are in the alignment.
import type { Random } from '../../../core/index.ts'
import { wordPattern } from '../surface.ts'

/** English words that are no targets: the paper leaves stop words out. */
const STOP_WORDS = new Set(
  'a about after all also am an and any are as at be because been before but by can could did do does for from had has have he her him his how i if in into is it its just like may me more most my no not now of on one only or other our out over she should so some such than that the their them then there these they this those through to too under up us very was we were what when where which while who will with would you your'.split(
    ' ',
  ),
)
const SHARE = 0.05

export interface Word {
  text: string
  start: number
  end: number
}

export function wordsOf(text: string): Word[] {
  return Array.from(text.matchAll(wordPattern()), (match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }))
}

/** Numbers of the words to replace: a twentieth of those that are no stop words, at least one, in order. */
export function chooseTargets(words: readonly Word[], random: Random): number[] {
  const able = words.flatMap(({ text }, i) =>
    STOP_WORDS.has(text.toLowerCase()) || /^\d+$/.test(text) ? [] : [i],
  )
  const most = Math.max(1, Math.round(able.length * SHARE))
  const chosen: number[] = []
  for (const word of random.shuffle(able)) {
    if (chosen.length === most) break
    // A slot is found by its neighbours, so neighbours are not replaced together.
    if (!chosen.some((other) => Math.abs(other - word) < 2)) chosen.push(word)
  }
  return chosen.sort((a, b) => a - b)
}

/** The text with its targets in square brackets. */
export function bracketed(text: string, words: readonly Word[], targets: readonly number[]): string {
  let out = ''
  let from = 0
  for (const target of targets) {
    const { start, end } = words[target]!
    out += `${text.slice(from, start)}[${text.slice(start, end)}]`
    from = end
  }
  return out + text.slice(from)
}

export function promptFor(marked: string): string {
  return (
    'Replace every word in square brackets in the text below by a different word, and remove the brackets. ' +
    'Change nothing else. Answer with the whole text only.\n\n' +
    marked
  )
}

/** `[source words]` the answer's word that each is aligned with, or -1. */
export function align(source: readonly string[], answer: readonly string[]): Int32Array {
  const n = source.length
  const m = answer.length
  const lengths = new Uint16Array((n + 1) * (m + 1))
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      lengths[i * (m + 1) + j] =
        source[i] === answer[j]
          ? lengths[(i + 1) * (m + 1) + j + 1]! + 1
          : Math.max(lengths[(i + 1) * (m + 1) + j]!, lengths[i * (m + 1) + j + 1]!)
    }
  }
  const found = new Int32Array(n).fill(-1)
  for (let i = 0, j = 0; i < n && j < m;) {
    if (source[i] === answer[j]) found[i++] = j++
    else if (lengths[(i + 1) * (m + 1) + j]! >= lengths[i * (m + 1) + j + 1]!) i++
    else j++
  }
  return found
}

/** UTF-16 units of the answer that stand in a target's place, the blanks before them included; null: lost. */
export function slotIn(
  answer: string,
  answerWords: readonly Word[],
  aligned: Int32Array,
  target: number,
): { start: number; end: number } | null {
  const before = target === 0 ? -1 : aligned[target - 1]!
  const after = target === aligned.length - 1 ? answerWords.length : aligned[target + 1]!
  if ((target > 0 && before < 0) || after < 0 || after - before < 1) return null
  const inner = answerWords.slice(before + 1, after)
  if (inner.length === 0) {
    const at = before < 0 ? 0 : answerWords[before]!.end
    return { start: at, end: at }
  }
  let start = inner[0]!.start
  const least = before < 0 ? 0 : answerWords[before]!.end
  while (start > least && /\s/.test(answer[start - 1]!)) start--
  return { start, end: inner.at(-1)!.end }
}
