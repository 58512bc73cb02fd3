// The decoders of tokenizer.json, one function each: from a list of token strings to a list of strings.
// Source: the decoders of Hugging Face tokenizers, to the letter: Metaspace drops every U+2581 of the
// first token, not only a leading one; ByteFallback turns a run of byte tokens that is not UTF-8 as a
// whole into one U+FFFD per byte, also where a part of it would be.
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import { alphabetToBytes } from '../alphabet.ts'
import type { EachMatch } from '../pretokenize/split.ts'

export type DecodeStep = (tokens: string[]) => string[]

/** What happens to each token by itself; `first` = it stands at the start of the list. */
export type TokenMap = (token: string, first: boolean) => string

export function each(map: TokenMap): DecodeStep {
  return (tokens) => tokens.map((token, i) => map(token, i === 0))
}

/** Bytes of a token of a byte-level vocabulary; one with characters outside the byte alphabet is text. */
export function byteLevelBytes(token: string): Uint8Array {
  return alphabetToBytes(token) ?? utf8Encode(token)
}

export const byteLevel: DecodeStep = (tokens) => {
  const parts = tokens.map(byteLevelBytes)
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return [utf8Decode(all)]
}

/** The byte that `<0x41>` stands for, or -1. A plus sign counts as a digit, as in the reference. */
export function byteOf(token: string): number {
  const match = /^<0x(\+?[0-9A-Fa-f]+)>$/.exec(token)
  return match && match[1]!.length === 2 ? parseInt(match[1]!, 16) : -1
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a run of byte tokens; null: it is not UTF-8 and becomes one U+FFFD per byte. */
export function byteRunText(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes)
  } catch {
    return null
  }
}

export const byteFallback: DecodeStep = (tokens) => {
  const out: string[] = []
  const run: number[] = []
  const flush = (): void => {
    if (run.length === 0) return
    const text = byteRunText(Uint8Array.from(run))
    if (text !== null) out.push(text)
    else for (let n = 0; n < run.length; n++) out.push('\ufffd')
    run.length = 0
  }
  for (const token of tokens) {
    const byte = byteOf(token)
    if (byte >= 0) run.push(byte)
    else {
      flush()
      out.push(token)
    }
  }
  flush()
  return out
}

export const fuse: DecodeStep = (tokens) => [tokens.join('')]

/** Removes up to `start` of the character from the front and up to `stop` from the back. */
export function strip(content: string, start: number, stop: number): TokenMap {
  return (token) => {
    let from = 0
    for (let n = 0; n < start && token.startsWith(content, from); n++) from += content.length
    let to = token.length
    for (let n = 0; n < stop && to - content.length >= from && token.endsWith(content, to); n++) {
      to -= content.length
    }
    return token.slice(from, to)
  }
}

export function replace(eachMatch: EachMatch, content: string): TokenMap {
  return (token) => {
    if (token === '') return ''
    let out = ''
    let done = 0
    eachMatch(token, (start, end) => {
      out += token.slice(done, start) + content
      done = end
    })
    return out + token.slice(done)
  }
}

export function metaspace(replacement: string, scheme: 'always' | 'first' | 'never'): TokenMap {
  return (token, first) =>
    token.includes(replacement)
      ? token.split(replacement).join(first && scheme !== 'never' ? '' : ' ')
      : token
}

/** Spaces before punctuation and in English contractions go. */
function cleanUp(text: string): string {
  if (!text.includes(' ')) return text
  return text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re")
}

export function wordPiece(prefix: string, cleanup: boolean): TokenMap {
  return (token, first) => {
    let text = token
    if (!first) text = token.startsWith(prefix) ? token.slice(prefix.length) : ' ' + token
    return cleanup ? cleanUp(text) : text
  }
}

/** The end-of-word suffix becomes a space, and nothing in the last token. */
export function bpeSuffix(suffix: string): DecodeStep {
  return (tokens) => tokens.map((token, i) => replaceAll(token, suffix, i === tokens.length - 1 ? '' : ' '))
}

export function ctc(padToken: string, wordDelimiter: string, cleanup: boolean): DecodeStep {
  return (tokens) =>
    tokens
      .filter((token, i) => i === 0 || token !== tokens[i - 1])
      .map((token) => {
        const text = replaceAll(token, padToken, '')
        return cleanup ? replaceAll(cleanUp(text), wordDelimiter, ' ') : text
      })
      .filter((text) => text !== '')
}

/** An empty `from` stands between all characters, and before and after them. */
function replaceAll(text: string, from: string, to: string): string {
  return from === '' ? [...text].reduce((out, c) => out + c + to, to) : text.split(from).join(to)
}
