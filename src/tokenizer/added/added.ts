// Added tokens: the strings that are cut out of a text before the model sees it (special tokens such as
// <|endoftext|>, and whatever was added after training). Follows AddedVocabulary of Hugging Face
// tokenizers: tokens with `normalized: false` are looked for in the source, the others, themselves
// normalized, in what normalization made of the parts between.
// The surprising thing: a match that does not count (a special token treated as text, a `single_word`
// inside a word) still uses up its text: no other token is looked for inside it.
import { TesseraError } from '../../core/index.ts'
import type { AddedToken } from '../spec.ts'
import type { Specials } from '../types.ts'
import { isWhiteSpace, isWord } from '../unicode/index.ts'
import { PatternSet } from './patterns.ts'

/**
 * A part of the text: `id` ≥ 0 is an added token (its range includes whitespace that it strips), -1 is
 * text between. Parts come in order and are never empty; the range of a token can reach back into the
 * whitespace that the token before it has stripped, as in the reference.
 */
export type OnPart = (start: number, end: number, id: number) => void

export interface AddedMatcher {
  /** No token with `normalized: false`: `splitRaw` gives the whole text. */
  readonly rawEmpty: boolean
  /** No token with `normalized: true`: `splitNormalized` gives the whole text. */
  readonly normalizedEmpty: boolean
  /** Splits a source text. Throws SPECIAL_TOKEN_REFUSED under `refuse`. */
  splitRaw(text: string, specials: Specials, onPart: OnPart): void
  /** Splits a part of text after normalization. Throws SPECIAL_TOKEN_REFUSED under `refuse`. */
  splitNormalized(text: string, specials: Specials, onPart: OnPart): void
}

/**
 * Compiles a list of added tokens. `normalize` is the tokenizer's normalizer over strings (null: none).
 * Tokens with empty content are left out; of two with the same content the last counts.
 */
export function compileAdded(
  tokens: readonly AddedToken[],
  normalize: ((text: string) => string) | null,
): AddedMatcher {
  const raw = splitter(
    tokens.filter((t) => !t.normalized),
    (t) => t.content,
  )
  const normalized = splitter(
    tokens.filter((t) => t.normalized),
    (t) => (normalize ? normalize(t.content) : t.content),
  )
  return {
    rawEmpty: raw === null,
    normalizedEmpty: normalized === null,
    splitRaw: raw ?? whole,
    splitNormalized: normalized ?? whole,
  }
}

function whole(text: string, _specials: Specials, onPart: OnPart): void {
  if (text !== '') onPart(0, text.length, -1)
}

function splitter(
  all: readonly AddedToken[],
  contentOf: (token: AddedToken) => string,
): ((text: string, specials: Specials, onPart: OnPart) => void) | null {
  const tokens: AddedToken[] = []
  const contents: string[] = []
  for (const token of all) {
    const content = token.content === '' ? '' : contentOf(token)
    if (content === '') continue
    tokens.push(token)
    contents.push(content)
  }
  if (tokens.length === 0) return null
  const patterns = new PatternSet(contents)
  const { lengths } = patterns

  return (text, specials, onPart) => {
    const hits = patterns.find(text)
    if (hits.count === 0) return whole(text, specials, onPart)
    /** End of the last match in the text, and end of the last part given out (with stripped whitespace). */
    let cursor = 0
    let done = 0
    for (let h = hits.count - 1; h >= 0; h--) {
      let start = hits.starts[h]!
      if (start < cursor) continue
      const number = hits.patterns[h]!
      const token = tokens[number]!
      let end = start + lengths[number]!
      cursor = end
      if (token.special && specials === 'text') continue
      if (token.single_word && (wordBefore(text, start) || wordAt(text, end))) continue
      if (token.special && specials === 'refuse') throw refused(token, start)
      if (token.lstrip) {
        let from = start
        while (from > done && isWhiteSpace(text.charCodeAt(from - 1))) from--
        start = Math.max(from, done)
      }
      if (token.rstrip) while (end < text.length && isWhiteSpace(text.charCodeAt(end))) end++
      // Spaces that the token before has taken already (here the reference aborts).
      if (start >= end) continue
      if (done < start) onPart(done, start, -1)
      onPart(start, end, token.id)
      done = end
    }
    if (done < text.length) onPart(done, text.length, -1)
  }
}

function wordBefore(text: string, at: number): boolean {
  if (at === 0) return false
  const pair = at > 1 ? text.codePointAt(at - 2)! : 0
  return isWord(pair > 0xffff ? pair : text.charCodeAt(at - 1))
}

function wordAt(text: string, at: number): boolean {
  return at < text.length && isWord(text.codePointAt(at)!)
}

function refused(token: AddedToken, at: number): TesseraError {
  return new TesseraError(
    'SPECIAL_TOKEN_REFUSED',
    `The text contains the special token ${JSON.stringify(token.content)}`,
    {
      where: `character ${at} of the text`,
      hint: "Encode with specials: 'text' to take it as ordinary text, or 'parse' to take it as the token",
    },
  )
}
