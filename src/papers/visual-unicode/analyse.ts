// The method on one text: its tokens beside other tokenizers', by script, by kind of id, and what the font lacks.
import { throwIfCancelled, utf8DecodeStrict, utf8Encode, type LongWork } from '../../core/index.ts'
import {
  scriptNameOf,
  trainBpe,
  type GlyphFont,
  type IdKind,
  type Tokenizer,
  type UnicodeCentricTokenizer,
} from '../../tokenizer/index.ts'
import type { PaperFile } from '../paper.ts'
import { codePointsOf, fewestTokens } from './lengths.ts'

export interface FileReport {
  name: string
  bytes: number
  characters: number
  tokens: number
  tokenizers: { name: string; vocabulary: number; tokens: number }[]
  /** A token of several characters counts for their scripts in equal parts. */
  scripts: { script: string; characters: number; tokens: number; drawn: number; outside: number }[]
  kinds: { kind: IdKind; tokens: number; ids: number }[]
  /** Characters without a glyph, the commonest first, at most 50. */
  missing: { character: string; codePoint: number; count: number }[]
}

/** Throws TEXT_NOT_UTF8, CANCELLED. */
export async function analyse(
  tokenizer: UnicodeCentricTokenizer,
  font: GlyphFont,
  o200k: Tokenizer,
  file: PaperFile,
  work: LongWork,
): Promise<FileReport> {
  const text = utf8DecodeStrict(file.bytes, file.name)
  throwIfCancelled(work.signal)
  const ids = tokenizer.encode(text)
  const scripts = new Map<string, FileReport['scripts'][number]>()
  const kinds = new Map<IdKind, { tokens: number; ids: Set<number> }>()
  const missing = new Map<number, number>()
  const scriptOf = (cp: number) => {
    const script = scriptNameOf(cp).replaceAll('_', ' ')
    let entry = scripts.get(script)
    if (!entry) scripts.set(script, (entry = { script, characters: 0, tokens: 0, drawn: 0, outside: 0 }))
    return entry
  }
  for (const character of text) {
    const cp = character.codePointAt(0)!
    const entry = scriptOf(cp)
    entry.characters++
    if (font.has(cp)) entry.drawn++
    else missing.set(cp, (missing.get(cp) ?? 0) + 1)
    if (cp >= 0xffff || (cp >= 0xd800 && cp < 0xf900)) {
      entry.outside++
      entry.tokens += utf8Encode(character).length
    }
  }
  for (const id of ids) {
    const kind = tokenizer.kindOf(id)
    const sum = kinds.get(kind) ?? { tokens: 0, ids: new Set<number>() }
    sum.tokens++
    sum.ids.add(id)
    kinds.set(kind, sum)
    if (kind === 'byte') continue
    const token = tokenizer.stringOf(id)
    for (let i = 0; i < token.length; i++) scriptOf(token.charCodeAt(i)).tokens += 1 / token.length
  }
  const tokenizers = [
    { name: 'Unicode-centric', vocabulary: tokenizer.vocabSize, tokens: ids.length },
    {
      name: 'fewest tokens of that vocabulary',
      vocabulary: tokenizer.vocabSize,
      tokens: fewestTokens(tokenizer, text),
    },
    { name: o200k.name, vocabulary: o200k.vocabSize, tokens: o200k.count(text, { specials: 'text' }) },
  ]
  if (text.trim() !== '') {
    const bpe = await trainBpe([text], { vocabSize: tokenizer.vocabSize, pattern: 'o200k', ...work })
    tokenizers.push({
      name: 'BPE trained on this text',
      vocabulary: bpe.vocabSize,
      tokens: bpe.count(text),
    })
  }
  return {
    name: file.name,
    bytes: file.bytes.length,
    characters: codePointsOf(text),
    tokens: ids.length,
    tokenizers,
    scripts: [...scripts.values()].sort(
      (a, b) => b.characters - a.characters || (a.script < b.script ? -1 : 1),
    ),
    kinds: [...kinds]
      .map(([kind, { tokens, ids }]) => ({ kind, tokens, ids: ids.size }))
      .sort((a, b) => b.tokens - a.tokens),
    missing: [...missing]
      .map(([codePoint, count]) => ({ character: String.fromCodePoint(codePoint), codePoint, count }))
      .sort((a, b) => b.count - a.count || a.codePoint - b.codePoint)
      .slice(0, 50),
  }
}
