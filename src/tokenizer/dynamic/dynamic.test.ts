import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstMalformedByte, utf8Decode, utf8Encode } from '../../core/index.ts'
import { loadTokenizer } from '../load-tokenizer.ts'
import { addedToken, BYTE_TOKENS, unigramTwin, wordPieceTwin } from '../models/testing/specs.ts'
import { compilePreTokenizer } from '../pretokenize/index.ts'
import { aligned } from '../aligned.ts'
import type { ModelSpec, TokenizerSpec } from '../spec.ts'
import { createTokenizer } from '../tokenizer.ts'
import { trainBpe } from '../train-tokenizer.ts'
import type { Tokenizer } from '../types.ts'
import { BaseTokens } from './base-tokens.ts'
import type { DynamicBatch } from './batch.ts'
import { DynamicTokenizer } from './dynamic-tokenizer.ts'
import { mergeRule } from './merge-rule.ts'
import { BatchMerges } from './merge-batch.ts'
import { dynamicOfBase, leftmost, rangeOf } from './positions.ts'
import { LONGEST_TOKEN, Symbols } from './symbols.ts'
import { recountBatch } from './testing/recount.ts'

const CORPUS = [
  'the theory of the thing is that the thin thread thickens 1234 5678 12345678\n',
  'if (x == 10) {\n    return x + 1;\n}\n\nelse {\n\treturn "don\'t";\n}\n',
  'Würde und Rechte, naïve café, 日本語の文 👩‍🚀👩‍🚀 ',
]

const anyText = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        'the',
        ' th',
        'ing',
        ' 1234',
        '56',
        '\n',
        '\n\n',
        '    ',
        '\t',
        "'t",
        ' Würde',
        '日本',
        '👩‍🚀',
        'aaa',
        '<|end|>',
        '.',
        ' ',
      ),
      { maxLength: 25 },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const anyBatch = fc.array(anyText, { maxLength: 6 })
const EDGES = ['', ' ', ' \n\t  \n\n', 'a'.repeat(10_000), '👩‍👩‍👧‍👦👩‍🚀', 'x', '<|end|>', '<|end|><|end|>']

/** A byte-level base of few merges, so that there is much left to do; BOS by its template. */
async function smallBase(pattern: 'cl100k' | 'gpt2' | 'none' = 'cl100k'): Promise<Tokenizer> {
  const { spec } = await trainBpe(CORPUS, { vocabSize: 320, pattern, specials: ['<|end|>', '<s>'] })
  return createTokenizer({
    ...spec,
    postProcessor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
  })
}

function other(model: ModelSpec, changes: Partial<TokenizerSpec>): Tokenizer {
  return createTokenizer({
    name: 'small',
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: null,
    model,
    postProcessor: null,
    decoder: null,
    addedTokens: [],
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
    ...changes,
  })
}

const wordPiece = other(
  wordPieceTwin(['[UNK]', 'th', 't', '##e', '##h', '##in', '##g', 'in', 'a', '##a', '.', '1', '##2', '##3'])
    .spec,
  {
    preTokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    addedTokens: [addedToken(0, '[UNK]', { special: true })],
  },
)
const unigram = other(
  unigramTwin(
    [
      ['<unk>', 0],
      ...BYTE_TOKENS.map((token): [string, number] => [token, -9]),
      ['▁', -3],
      ['▁the', -3],
      ['t', -4],
      ['h', -4],
      ['th', -3.5],
      ['ing', -4],
      ['a', -4],
    ],
    0,
    true,
  ).spec,
  {
    reference: 'sentencepiece',
    preTokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'ByteFallback' },
        { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      ],
    },
  },
)

const bases: [string, Tokenizer][] = [
  ['small cl100k', await smallBase()],
  ['small gpt2', await smallBase('gpt2')],
  ['small without pre-tokenizer', await smallBase('none')],
  ['r50k_base', await loadTokenizer('r50k_base')],
  ['WordPiece', wordPiece],
  ['Unigram', unigram],
]
const BOUNDARIES = ['pretokens', 'word', 'sentence'] as const

/** Base ids of a state, token by token. */
function idsOf(batch: DynamicBatch, merges: number): number[][][] {
  return batch.at(merges).texts.map(({ starts }, t) => {
    const { ids } = batch.base[t]!
    return Array.from({ length: starts.length - 1 }, (_, i) =>
      Array.from(ids.subarray(starts[i]!, starts[i + 1]!)),
    )
  })
}

describe.each(bases)('dynamic tokenization over %s', (_name, base) => {
  const texts = anyBatch.map((batch) => (base === unigram ? batch.map((text) => text.toWellFormed()) : batch))

  test('base tokens are those of encode, and pretokens begin where the pre-tokenizer cuts', () => {
    const tokens = new BaseTokens(base, {})
    fc.assert(
      fc.property(anyText, (text) => {
        const { ids, begins, offsets, byteOffsets, template } = tokens.encode(text)
        const encoding = base.encode(text, { offsets: true })
        expect(ids).toEqual(encoding.ids)
        expect(offsets).toEqual(encoding.offsets)
        expect(byteOffsets).toEqual(encoding.byteOffsets)
        expect(begins.length).toBe(ids.length)
        if (ids.length > 0) expect(begins[0]).toBe(1)
        expect(template).toEqual(encoding.specialMask)
      }),
    )
  })

  test.each(BOUNDARIES)(
    '%s: concatenated, the tokens are the base tokens; more merges never lengthen',
    async (boundary) => {
      const dynamic = new DynamicTokenizer(base, { boundary })
      await fc.assert(
        fc.asyncProperty(texts, async (batch) => {
          const done = await dynamic.merge(batch)
          const lengths = batch.map((_, t) => done.lengths(t))
          for (const m of [0, 1, 2, Math.floor(done.merges / 2), done.merges]) {
            const state = done.at(m)
            idsOf(done, m).forEach((tokens, t) => {
              expect(tokens.flat()).toEqual(Array.from(base.encode(batch[t]!)))
              expect(tokens.length).toBe(lengths[t]![Math.min(m, done.merges)])
              if (m === 0) expect(tokens.every((token) => token.length === 1)).toBe(true)
              tokens.forEach((pieces, i) => {
                const token = state.tokens[state.texts[t]!.tokens[i]!]!
                const joined = pieces.flatMap((id) => Array.from(base.info(id).bytes))
                expect(Array.from(token.bytes)).toEqual(joined)
                if (pieces.length > 1) expect(pieces.some((id) => base.info(id).special)).toBe(false)
              })
            })
          }
          for (const curve of lengths) {
            for (let m = 1; m < curve.length; m++) expect(curve[m]!).toBeLessThanOrEqual(curve[m - 1]!)
          }
          const whole = done.lengths()
          for (let m = 1; m < whole.length; m++) {
            expect(whole[m - 1]! - whole[m]!).toBe(done.merge(m).places)
            expect(done.merge(m).places).toBeGreaterThan(0)
          }
        }),
        { numRuns: 40 },
      )
    },
  )

  test.each(BOUNDARIES)('%s: kept counts make the merges of counting anew, cut off anywhere', (boundary) => {
    const tokens = new BaseTokens(base, {})
    const allows = mergeRule(base.spec, boundary)
    fc.assert(
      fc.property(texts, fc.nat(30), (batch, most) => {
        const symbols = new Symbols(tokens, allows)
        const encoded = batch.map((text) => tokens.encode(text))
        const rows = encoded.map(({ ids }) => Array.from(ids, (id) => symbols.ofBase(id)))
        const walls = encoded.map(({ begins }) =>
          Array.from(begins, (b) => (boundary === 'pretokens' ? b : 0)),
        )
        const plain = recountBatch(symbols, rows, walls, most)
        const starts = [0]
        for (const row of rows) starts.push(starts.at(-1)! + row.length)
        const run = new BatchMerges(
          symbols,
          Int32Array.from(rows.flat()),
          starts,
          Uint8Array.from(walls.flat()),
        )
        while (run.merges.length < most && run.step());
        expect(run.merges).toEqual(plain.merges)
        const left = Array.from(run.joinedAt, (step) => (step === 0 ? 1 : 0))
        rows.forEach((_, t) => {
          const kept = left.slice(starts[t], starts[t + 1]).filter((first) => first === 1)
          expect(kept.length).toBe(plain.texts[t]!.length)
        })
      }),
      { numRuns: 60 },
    )
  })

  test('no token spans two pretokens, or two words', async () => {
    const pretokens = new DynamicTokenizer(base, { boundary: 'pretokens' })
    const words = new DynamicTokenizer(base, { boundary: 'word' })
    const split = compilePreTokenizer({ type: 'WhitespaceSplit' }, 'huggingface')
    await fc.assert(
      fc.asyncProperty(texts, async (batch) => {
        const done = await pretokens.merge(batch)
        done.at(done.merges).texts.forEach(({ starts }, t) => {
          const { begins } = done.base[t]!
          for (let i = 0; i + 1 < starts.length; i++) {
            for (let at = starts[i]! + 1; at < starts[i + 1]!; at++) expect(begins[at]).toBe(0)
          }
        })
        const worded = await words.merge(batch)
        for (let m = 1; m <= worded.merges; m++) {
          const { bytes } = worded.merge(m).made
          if (firstMalformedByte(bytes) < 0) expect(split([aligned(utf8Decode(bytes), false)]).length).toBe(1)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('a batch is deterministic, whatever was merged before it', async () => {
    const dynamic = new DynamicTokenizer(base)
    const fresh = new DynamicTokenizer(base)
    await dynamic.merge(CORPUS.map((text) => text.repeat(2)))
    const shown = (batch: DynamicBatch) => Array.from({ length: batch.merges }, (_, m) => batch.merge(m + 1))
    expect(shown(await dynamic.merge(CORPUS))).toEqual(shown(await fresh.merge(CORPUS)))
  })

  test('edge cases: nothing, white space, a long run, emoji, special tokens in the text, a batch of one', async () => {
    for (const boundary of BOUNDARIES) {
      const dynamic = new DynamicTokenizer(base, { boundary })
      expect((await dynamic.merge([])).merges).toBe(0)
      for (const edge of [...EDGES.map((text) => [text]), EDGES]) {
        const done = await dynamic.merge(edge)
        idsOf(done, done.merges).forEach((tokens, t) => {
          expect(tokens.flat()).toEqual(Array.from(base.encode(edge[t]!)))
        })
        for (const { bytes } of done.at(done.merges).tokens)
          expect(bytes.length).toBeLessThanOrEqual(LONGEST_TOKEN)
      }
    }
  })

  test('positions lead back: base token ↔ dynamic token ↔ bytes and UTF-16 units', async () => {
    const dynamic = new DynamicTokenizer(base)
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(20), async (batch, most) => {
        const done = await dynamic.merge(batch, { merges: most })
        done.at(most).texts.forEach(({ starts, tokens }, t) => {
          const text = done.base[t]!
          const of = dynamicOfBase(starts)
          expect(of.length).toBe(text.ids.length)
          expect(leftmost(starts, of)).toEqual(Array.from(tokens, (_, i) => i))
          let byte = 0
          for (let i = 0; i + 1 < starts.length; i++) {
            for (let at = starts[i]!; at < starts[i + 1]!; at++) expect(of[at]).toBe(i)
            const units = rangeOf(text, starts, i, 'utf16')!
            const bytes = rangeOf(text, starts, i, 'bytes')!
            expect(bytes.start).toBeLessThanOrEqual(bytes.end)
            // Tokens that share a character's bytes share its units; in units they may overlap.
            expect(units.start).toBe(text.offsets![2 * starts[i]!])
            expect(utf8Encode(batch[t]!.toWellFormed().slice(0, units.start)).length).toBeLessThanOrEqual(
              bytes.start,
            )
            expect(bytes.start).toBeGreaterThanOrEqual(byte)
            byte = bytes.start
          }
        })
      }),
      { numRuns: 40 },
    )
  })
})

describe('byte-level bases', () => {
  test.each(bases.slice(0, 4))(
    '%s: bytes that are no UTF-8 merge and lead back to themselves',
    async (_name, base) => {
      for (const boundary of BOUNDARIES) {
        const dynamic = new DynamicTokenizer(base, { boundary })
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
            fc.nat(10),
            async (batch, most) => {
              const done = await dynamic.merge(batch, { merges: most })
              const state = done.at(most)
              state.texts.forEach(({ starts, tokens }, t) => {
                expect(Array.from(done.base[t]!.ids)).toEqual(Array.from(base.encode(batch[t]!)))
                const out: number[] = []
                for (let i = 0; i < tokens.length; i++) {
                  const range = rangeOf(done.base[t]!, starts, i, 'bytes')!
                  const token = state.tokens[tokens[i]!]!
                  const source = Array.from(batch[t]!.subarray(range.start, range.end))
                  if (!token.special) expect(source).toEqual(Array.from(token.bytes))
                  out.push(...source)
                }
                expect(out).toEqual(Array.from(batch[t]!))
              })
            },
          ),
          { numRuns: 30 },
        )
      }
    },
  )

  test('malformed bytes under a normalizer, and under characters, are refused', async () => {
    const [, small] = bases[0]!
    const normalized = createTokenizer({ ...small.spec, normalizer: { type: 'NFC' } })
    for (const base of [normalized, unigram]) {
      await expect(new DynamicTokenizer(base).merge([Uint8Array.of(0xff)])).rejects.toMatchObject({
        code: 'TEXT_NOT_UTF8',
      })
    }
    const fine = await new DynamicTokenizer(normalized).merge([utf8Encode('e\u0301a')])
    expect(fine.base[0]!.offsets).not.toBeNull()
  })

  test('the example: the merges of a batch by hand', async () => {
    const { spec } = await trainBpe(['x'], { vocabSize: 256, pattern: 'cl100k' })
    const dynamic = new DynamicTokenizer(createTokenizer(spec))
    const done = await dynamic.merge(['low lower', 'low slow'])
    const made = Array.from({ length: done.merges }, (_, m) => utf8Decode(done.merge(m + 1).made.bytes))
    // "lo" and "ow" stand four times each; "lo" is seen first. Then "low"; of what stands once, the first.
    expect(made).toEqual(['lo', 'low', ' low', ' lowe', ' lower', ' s', ' slow'])
    expect(done.merge(1)).toMatchObject({ count: 4, places: 4 })
    expect(Array.from(done.lengths())).toEqual([17, 13, 9, 8, 7, 6, 5, 4])
    const runs = await dynamic.merge(['aaaaa'])
    expect(runs.merge(1)).toMatchObject({ count: 4, places: 2 })
  })

  test('a token of the vocabulary is that token, even if merges made it; a special token never is', async () => {
    const { spec } = await trainBpe(['ab ab ab <|end|>'], { vocabSize: 262, specials: ['<|end|>'] })
    const base = createTokenizer(spec)
    const dynamic = new DynamicTokenizer(base, { boundary: 'sentence', specials: 'text' })
    const done = await dynamic.merge(['<|end|>'])
    const [whole] = done.at(done.merges).tokens
    expect(whole).toMatchObject({ token: '<|end|>', id: null, special: false })
    const parsed = await new DynamicTokenizer(base, { boundary: 'sentence' }).merge(['a<|end|>b'])
    expect(parsed.merges).toBe(0)
  })
})
