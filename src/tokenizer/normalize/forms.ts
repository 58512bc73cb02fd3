// NFC, NFD, NFKC and NFKD of Unicode 9, which is what Hugging Face tokenizers normalizes by, on whatever
// Unicode the JavaScript engine has: the text is cut at the code points that Unicode 9 leaves alone and a
// later one does not, and the engine normalizes what is between. By Unicode's stability policy that gives
// the older version's result. Long runs of combining marks are put in order here first, because the engine
// (ICU) takes quadratic time over them.
import { AlignedWriter, type AlignedText } from '../aligned.ts'
import {
  Category,
  categoryTable,
  classTable,
  isNotNormalized,
  lookup,
  type TwoStage,
} from '../unicode/index.ts'
import { orderMarks } from './marks.ts'
import type { Normalizer } from './rewrite.ts'

export type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD'

/** What a code point does to the one before it. */
const Role = {
  /** Begins something new in every form. */
  boundary: 0,
  /** May join, or move before, what stands before it. */
  joins: 1,
  /** Unassigned in Unicode 9: left alone, and nothing passes it. */
  wall: 2,
} as const

/** Below this code unit a form changes nothing, and nothing joins. */
export const QUIET: Record<Form, number> = { NFC: 0x300, NFD: 0xc0, NFKC: 0xa0, NFKD: 0xa0 }
/** Marks in a row that the engine may sort itself. */
const SHORT_RUN = 24

let roles: TwoStage | null = null

function roleTable(): TwoStage {
  roles ??= classTable('huggingface', (category, cp) => {
    if (isNotNormalized(cp)) return Role.wall
    if (category === Category.Mn || category === Category.Mc || category === Category.Me) return Role.joins
    // Vowels and finals of Hangul, also in their compatibility forms, and the halfwidth voicing marks.
    if (cp >= 0x1160 && cp <= 0x11ff) return Role.joins
    if (cp >= 0x3131 && cp <= 0x318e) return Role.joins
    if (cp >= 0xff9e && cp <= 0xffdc) return Role.joins
    return Role.boundary
  })
  return roles
}

export function normalForm(form: Form): Normalizer {
  const quiet = QUIET[form]
  return (input) => {
    const { text } = input
    let loud = 0
    while (loud < text.length && text.charCodeAt(loud) < quiet) loud++
    if (loud === text.length) return input
    // The last quiet character may be the base of what follows.
    const from = Math.max(0, loud - 1)
    if (input.tracked) return tracked(input, from, form)
    const rest = text.slice(from)
    const done = normalized(rest, form)
    return done === rest ? input : { ...input, text: text.slice(0, from) + done }
  }
}

/** A text without offsets: as few calls to the engine as there are walls. */
function normalized(text: string, form: Form): string {
  const table = roleTable()
  let out = ''
  let from = 0
  let marks = 0
  let sort = false
  const flush = (to: number) => {
    const part = from === 0 && to === text.length ? text : text.slice(from, to)
    out += (sort ? orderMarks(part, form, isMark) : part).normalize(form)
    from = to
    sort = false
  }
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x300) {
      marks = 0
      continue
    }
    const cp = (unit & 0xfc00) === 0xd800 ? text.codePointAt(at)! : unit
    const role = lookup(table, cp)
    if (role === Role.wall) {
      flush(at)
      from = at + (cp > 0xffff ? 2 : 1)
      out += text.slice(at, from)
      marks = 0
    } else if (role === Role.joins) {
      if (++marks > SHORT_RUN) sort = true
    } else marks = 0
    if (cp > 0xffff) at++
  }
  if (from === 0) return (sort ? orderMarks(text, form, isMark) : text).normalize(form)
  flush(text.length)
  return out
}

/** With offsets: one piece per boundary, each mapped as a whole to where it came from. */
function tracked(input: AlignedText, from: number, form: Form): AlignedText {
  const table = roleTable()
  const { text } = input
  let writer: AlignedWriter | null = null
  let kept = 0
  for (let at = from; at < text.length;) {
    let end = at
    let count = 0
    do {
      end += text.codePointAt(end)! > 0xffff ? 2 : 1
      count++
    } while (end < text.length && lookup(table, text.codePointAt(end)!) === Role.joins)
    const part = text.slice(at, end)
    const done = count > SHORT_RUN || count === 1 ? normalized(part, form) : walled(part, form)
    if (done !== part) {
      writer ??= new AlignedWriter(input)
      writer.keep(kept, at)
      writer.put(done, at, end)
      kept = end
    }
    at = end
  }
  if (!writer) return input
  writer.keep(kept, text.length)
  return writer.done()
}

/** A short piece that may begin with a wall. */
function walled(part: string, form: Form): string {
  const cp = part.codePointAt(0)!
  if (!isNotNormalized(cp)) return part.normalize(form)
  const skip = cp > 0xffff ? 2 : 1
  return part.slice(0, skip) + part.slice(skip).normalize(form)
}

function isMark(cp: number): boolean {
  const category = lookup(categoryTable('huggingface'), cp)
  return category === Category.Mn || category === Category.Mc || category === Category.Me
}
