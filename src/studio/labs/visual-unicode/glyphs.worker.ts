// The lab's worker: tokens whose ids are code points, their pictures, and whom they look like.
import {
  loadTokenizer,
  loadUnicodeCentric,
  Painter,
  PictureIndex,
  shippedFont,
  tokenPictures,
  type PixelFont,
  type Tokenizer,
  type UnicodeCentricTokenizer,
} from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import type { GlyphCalls } from './protocol.ts'

const BASE = new URL(VOCABULARIES, location.href).href
const MOST_TOKENS = 400
const NEIGHBOURS = 15
const SIZE = 32

interface Parts {
  tokenizer: UnicodeCentricTokenizer
  font: PixelFont
  painter: Painter
  names: string[]
}

let parts: Promise<Parts> | null = null
let o200k: Tokenizer | null = null
let index: PictureIndex | null = null

function loaded(): Promise<Parts> {
  parts ??= (async () => {
    const [tokenizer, font] = await Promise.all([
      loadUnicodeCentric({ base: BASE }),
      shippedFont({ base: BASE }),
    ])
    return { tokenizer, font, painter: new Painter(font, { size: SIZE }), names: tokenizer.pictureTokens() }
  })()
  parts.catch(() => (parts = null))
  return parts
}

const asText = (picture: Uint8Array) => Array.from(picture).join('')

answerCalls<GlyphCalls>({
  async tokens({ text }, progress) {
    const { tokenizer, font, painter, names } = await loaded()
    progress(0.5)
    const ids = tokenizer.encode(text)
    const scripts = new Map<string, { characters: number; drawn: number }>()
    for (const character of text) {
      const script = SCRIPTS.find(([, pattern]) => pattern.test(character))?.[0] ?? 'other'
      const entry = scripts.get(script) ?? { characters: 0, drawn: 0 }
      entry.characters++
      if (font.has(character.codePointAt(0)!)) entry.drawn++
      scripts.set(script, entry)
    }
    o200k ??= await loadTokenizer('o200k_base', { base: VOCABULARIES })
    return {
      tokens: Array.from(ids.slice(0, MOST_TOKENS), (id) => ({
        id,
        text: tokenizer.stringOf(id),
        kind: tokenizer.kindOf(id),
        picture: asText(painter.paint(names[id]!)),
      })),
      total: ids.length,
      characters: [...text].length,
      o200k: o200k.count(text, { specials: 'text' }),
      scripts: [...scripts]
        .map(([script, entry]) => ({ script, ...entry }))
        .sort((a, b) => b.characters - a.characters),
    }
  },

  async neighbours({ id, by }, progress) {
    const { tokenizer, font, painter, names } = await loaded()
    if (!index) {
      const pictures = await tokenPictures(names, font, {
        size: SIZE,
        onProgress: ({ done, total }) => progress(total ? done / total : 0),
      })
      index = new PictureIndex(pictures)
    }
    return index.nearest(index.pictures.row(id), NEIGHBOURS, by, id).map(({ id: other, value }) => ({
      id: other,
      text: tokenizer.stringOf(other),
      value,
      picture: asText(painter.paint(names[other]!)),
    }))
  },
})

/** The scripts that a reader is most likely to type; all others are counted together. */
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
  ['Bengali', /\p{Script=Bengali}/u],
  ['Tamil', /\p{Script=Tamil}/u],
  ['Thai', /\p{Script=Thai}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['Hangul', /\p{Script=Hangul}/u],
  ['Hiragana', /\p{Script=Hiragana}/u],
  ['Katakana', /\p{Script=Katakana}/u],
  ['Han', /\p{Script=Han}/u],
  ['Emoji', /\p{Extended_Pictographic}/u],
  ['digits', /\p{Nd}/u],
  ['spaces', /\s/u],
  ['punctuation and signs', /[\p{P}\p{S}]/u],
]
