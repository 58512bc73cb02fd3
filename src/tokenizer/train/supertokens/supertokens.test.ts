import fc from 'fast-check'
import { Tokenizer as Native } from 'tokenizers'
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../../core/index.ts'
import { readCompact, readTokenizerJson, writeCompact, writeTokenizerJson } from '../../formats/index.ts'
import { createTokenizer } from '../../tokenizer.ts'
import { trainSupertokens, trainTwoStage } from '../../train-supertokens.ts'
import { trainBpe } from '../../train-tokenizer.ts'
import type { Tokenizer } from '../../types.ts'
import { recountingTrainer } from '../testing/reference.ts'
import { ChunkCutter, PAPER_LENGTHS } from './chunk-lengths.ts'

const PROSE = [
  'It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness. ',
  'Whenever I find myself growing grim about the mouth; whenever it is a damp, drizzly November in my soul. ',
  'for (let i = 0; i < n; i++) {\n    total += values[i]\n}\nfor (let j = 0; j < m; j++) {\n    total -= values[j]\n}\n',
  'Alle Menschen sind frei und gleich an Würde und Rechten geboren. すべての人間は、生まれながらにして自由であり。 ',
]
const CORPUS = Array.from({ length: 24 }, (_, i) => PROSE[i % 4]! + PROSE[(i * 3 + 1) % 4]!)

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme-composite', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        'it was',
        ' the ',
        'times, ',
        'total',
        '\n    ',
        'e\u0301',
        'Würde ',
        '生まれ',
        'aaaaaaaaa',
        '👩‍🚀',
        ' ',
      ),
      {
        maxLength: 30,
      },
    )
    .map((parts) => parts.join('')),
)

const EDGES = ['', ' ', '   \n\t ', 'a'.repeat(10_000), '👩‍👩‍👧‍👦👩‍🚀🧩', 'e\u0301'.repeat(50), '\ufeffx', '\u0000']

async function bothTrained(): Promise<[string, Tokenizer][]> {
  return [
    ['supertokens', await trainSupertokens(CORPUS, { vocabSize: 700, specials: ['<|end|>', '<｜pad｜>'] })],
    ['two stages', await trainTwoStage(CORPUS, { vocabSize: 700, transition: 450, specials: ['<|end|>'] })],
  ]
}

describe('supertokens', () => {
  test('are the merges of the plainest trainer on the same chunks', async () => {
    const text = CORPUS.join('')
    const trained = await trainSupertokens([text], { vocabSize: 600, seed: 5 })
    const bytes = utf8Encode(text)
    const words = new Map<string, number>()
    new ChunkCutter({ ranges: PAPER_LENGTHS, seed: 5, dropRuns: true }).cut(bytes, (from, to) => {
      const word = Array.from(bytes.subarray(from, to)).join(' ')
      words.set(word, (words.get(word) ?? 0) + 1)
    })
    const { model } = trained.spec
    if (model.type !== 'BPE') throw new Error('It is BPE')
    const idOf = Array.from({ length: 256 }, (_, b) => model.vocab.idOf(Uint8Array.of(b)))
    const plain = recountingTrainer(
      {
        words: [...words.keys()].map((word) => word.split(' ').map((byte) => idOf[Number(byte)]!)),
        weights: [...words.values()],
        initial: Array.from({ length: 256 }, (_, id) => String.fromCharCode(model.vocab.bytesOf(id)[0]!)),
      },
      { vocabSize: 600, minFrequency: 2, maxTokenLength: 30 },
    )
    expect(Array.from(model.merges!)).toEqual(plain.flatMap(({ left, right }) => [left, right]))
  })

  test('depend on the seed alone, and span words within the cap', async () => {
    const one = await trainSupertokens(CORPUS, { vocabSize: 700, seed: 1 })
    const again = await trainSupertokens(CORPUS, { vocabSize: 700, seed: 1 })
    const other = await trainSupertokens(CORPUS, { vocabSize: 700, seed: 2 })
    expect(writeTokenizerJson(again.spec)).toBe(writeTokenizerJson(one.spec))
    expect(writeTokenizerJson(other.spec)).not.toBe(writeTokenizerJson(one.spec))
    const tokens = Array.from({ length: one.vocabSize }, (_, id) => utf8Decode(one.info(id).bytes))
    expect(tokens.filter((token) => /\S\s+\S/.test(token)).length).toBeGreaterThan(5)
    for (const { maxTokenLength } of [{ maxTokenLength: 30 }, { maxTokenLength: 5 }]) {
      const capped = await trainSupertokens(CORPUS, { vocabSize: 900, maxTokenLength })
      expect(capped.spec.model.vocab.maxTokenBytes).toBeLessThanOrEqual(maxTokenLength)
    }
  })

  test('with a range of one length longer than the text, it is BPE without pre-tokenizer', async () => {
    const whole = await trainSupertokens(CORPUS, {
      vocabSize: 600,
      chunks: '60000',
      nfc: false,
      dropRuns: false,
    })
    const plain = await trainBpe(CORPUS, { vocabSize: 600, pattern: 'none', maxTokenLength: 30 })
    expect(writeTokenizerJson({ ...plain.spec, name: '' })).toBe(
      writeTokenizerJson({ ...whole.spec, name: '' }),
    )
  })

  test('memory bounds a sample of the chunks, and the report says so', async () => {
    const long = Array.from(
      { length: 6000 },
      (_, i) => `Document ${i * 7919} has ${i} words of its own. ${PROSE[i % 4]}`,
    )
    const { report } = await trainSupertokens(long, { vocabSize: 400, memoryBudget: 2 ** 20 })
    expect(report.sampled).toBeLessThan(1)
    expect(report.chunks).toBeGreaterThan(report.distinctChunks)
    const { report: whole } = await trainSupertokens(CORPUS, { vocabSize: 400 })
    expect(whole).toMatchObject({ sampled: 1, documents: 24, files: 0, vocabSize: 400 })
  })

  test('too large a vocabulary ends early; no text, a small vocabulary and bad options are refused', async () => {
    const { report } = await trainSupertokens(['abababab'], { vocabSize: 5000 })
    expect(report.vocabSize).toBeLessThan(300)
    expect((await trainSupertokens(['a'], { vocabSize: 300 })).report.merges).toBe(0)
    const refused: [readonly (string | Uint8Array)[], object, string][] = [
      [[], {}, 'TRAINING_IMPOSSIBLE'],
      [['', ''], {}, 'TRAINING_IMPOSSIBLE'],
      [['aaaaaaa'], { chunks: '7' }, 'TRAINING_IMPOSSIBLE'],
      [['text'], { vocabSize: 200 }, 'TRAINING_IMPOSSIBLE'],
      [[Uint8Array.of(0x61, 0xff)], {}, 'TEXT_NOT_UTF8'],
      [['text'], { chunks: '0' }, 'ARGUMENT_INVALID'],
      [['text'], { seed: 0.5 }, 'ARGUMENT_INVALID'],
      [['text'], { memoryBudget: 10 }, 'ARGUMENT_INVALID'],
      [['text'], { specials: ['a', 'a'] }, 'ARGUMENT_INVALID'],
    ]
    for (const [corpus, options, code] of refused) {
      await expect(trainSupertokens(corpus, options), code).rejects.toMatchObject({ code })
    }
    await expect(trainSupertokens({ files: '/no/such/file' })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
  })

  test('stop when cancelled, at once or on the way, and report progress', async () => {
    const controller = new AbortController()
    const stages = new Set<string>()
    const stopped = trainSupertokens(CORPUS, {
      vocabSize: 700,
      signal: controller.signal,
      onProgress: ({ stage }) => {
        stages.add(stage)
        controller.abort()
      },
    })
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    await trainSupertokens(CORPUS, { vocabSize: 300, onProgress: ({ stage }) => stages.add(stage) })
    expect([...stages].sort()).toEqual(['cutting chunks', 'merging'])
  })
})

describe('two stages', () => {
  test('begin with the merges of plain BPE and go on across words', async () => {
    const plain = await trainBpe(CORPUS, { vocabSize: 450, maxTokenLength: 30, normalizer: { type: 'NFC' } })
    const two = await trainTwoStage(CORPUS, { vocabSize: 600, transition: 450 })
    const merges = (tokenizer: Tokenizer) => {
      const { model } = tokenizer.spec
      return model.type === 'BPE' ? Array.from(model.merges!) : []
    }
    expect(merges(two).slice(0, merges(plain).length)).toEqual(merges(plain))
    expect(two.report.acrossWords).toBe(two.report.merges - plain.report.merges)
    const made = Array.from({ length: two.report.acrossWords }, (_, i) => utf8Decode(two.info(450 + i).bytes))
    expect(made.some((token) => /\S\s+\S/.test(token))).toBe(true)
    expect(two.spec.model.vocab.maxTokenBytes).toBeLessThanOrEqual(30)
    const stopped = await trainTwoStage(CORPUS, { vocabSize: 450, transition: 450 })
    expect(merges(stopped)).toEqual(merges(plain))
  })

  test('stage two is the plainest trainer on the words of stage one, lengths counted in bytes', async () => {
    const documents = CORPUS.slice(0, 8)
    const one = await trainBpe(documents, { vocabSize: 330, maxTokenLength: 9 })
    const two = await trainTwoStage(documents, {
      vocabSize: 390,
      transition: 330,
      maxTokenLength: 9,
      nfc: false,
    })
    const text = (id: number) => String.fromCharCode(...one.info(id).bytes)
    const words = documents.map((document) => Array.from(one.encode(document)))
    let sequences = words
    const strings = Array.from({ length: 330 }, (_, id) => text(id))
    const merges: number[] = []
    while (strings.length < 390) {
      const counts = new Map<string, number>()
      for (const word of sequences) {
        for (let i = 0; i + 1 < word.length; i++) {
          const key = `${word[i]} ${word[i + 1]}`
          counts.set(key, (counts.get(key) ?? 0) + 1)
        }
      }
      const best = [...counts]
        .map(([key, count]) => ({ pair: key.split(' ').map(Number) as [number, number], count }))
        .filter(({ pair: [a, b] }) => {
          const made = strings[a]! + strings[b]!
          return made.length <= 9 && !strings.includes(made)
        })
        .sort((a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1])[0]
      if (!best || best.count < 2) break
      const [a, b] = best.pair
      const made = strings.push(strings[a]! + strings[b]!) - 1
      merges.push(a, b)
      sequences = sequences.map((word) => {
        const out: number[] = []
        for (let i = 0; i < word.length; i++) {
          if (word[i] === a && word[i + 1] === b) {
            out.push(made)
            i++
          } else out.push(word[i]!)
        }
        return out
      })
    }
    const { model } = two.spec
    if (model.type !== 'BPE') throw new Error('It is BPE')
    expect(Array.from(model.merges!.slice(2 * one.report.merges))).toEqual(merges)
  })

  test('memory bounds the texts of stage two; a transition out of range is refused', async () => {
    const long = Array.from({ length: 400 }, (_, i) => `${i} ${CORPUS[i % 24]!.repeat(12)}`)
    const { report } = await trainTwoStage(long, { vocabSize: 330, transition: 300, memoryBudget: 2 ** 20 })
    expect(report.sampled).toBeLessThan(1)
    expect(report.sequenceTokens * 4).toBeLessThanOrEqual(2 ** 18)
    for (const transition of [0, 501, 300.5]) {
      await expect(trainTwoStage(CORPUS, { vocabSize: 500, transition })).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      })
    }
  })
})

describe('tokens that span words, at use', async () => {
  const trained = await bothTrained()

  test.each(trained)('%s: decode gives the text back, in NFC', (_name, tokenizer) => {
    const back = (text: string) => tokenizer.decode(tokenizer.encode(text, { specials: 'text' }))
    // Hugging Face normalizes by Unicode 9, the engine by a later one: they agree on what both know.
    const known = (text: string) => !/\p{Unassigned}/u.test(text)
    fc.assert(
      fc.property(anyText.filter(known), (text) => {
        const normal = createTokenizer({ ...tokenizer.spec, normalizer: null }).decode(
          tokenizer.encode(text, { specials: 'text' }),
        )
        expect(back(text)).toBe(normal)
        if (/^[\p{L}\p{M}\p{P}\p{Z}\n\t]*$/u.test(text))
          expect(back(text)).toBe(text.toWellFormed().normalize('NFC'))
      }),
    )
    for (const text of EDGES) expect(back(text)).toBe(text.normalize('NFC'))
  })

  test.each(trained)('%s: without NFC any bytes come back, UTF-8 or not', (_name, tokenizer) => {
    const raw = createTokenizer({ ...tokenizer.spec, normalizer: null })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(raw.decodeBytes(raw.encode(bytes))).toEqual(bytes)
      }),
    )
  })

  test.each(trained)('%s: the fast lane is the plain one, also where windows meet', (_name, tokenizer) => {
    const plain = createTokenizer(tokenizer.spec, { lane: 'plain' })
    fc.assert(
      fc.property(anyText, (text) => {
        expect(Array.from(tokenizer.encode(text))).toEqual(Array.from(plain.encode(text)))
      }),
    )
    const long = `${CORPUS.join('')}${EDGES.join('\n')}${CORPUS.toReversed().join('')}`
    expect(Array.from(tokenizer.encode(long))).toEqual(Array.from(plain.encode(long)))
    expect(tokenizer.count(long)).toBe(plain.count(long))
  })

  test.each(trained)(
    '%s: native tokenizers load tokenizer.json to the same ids',
    async (_name, tokenizer) => {
      const native = Native.fromString(writeTokenizerJson(tokenizer.spec))
      for (const text of [...fc.sample(anyText, { numRuns: 120, seed: 11 }), ...EDGES, CORPUS.join('')]) {
        const wellFormed = text.toWellFormed()
        const { getIds } = await native.encode(wellFormed, null, { addSpecialTokens: true })
        void getIds
        const ids = (await native.encode(wellFormed)).getIds()
        expect(Array.from(tokenizer.encode(wellFormed))).toEqual(Array.from(ids))
      }
    },
  )

  test.each(trained)('%s: both formats read back to the same tokenizer', (_name, tokenizer) => {
    const text = CORPUS.join('<|end|>')
    const json = createTokenizer(readTokenizerJson(utf8Encode(writeTokenizerJson(tokenizer.spec)), {}))
    const compact = createTokenizer(readCompact(writeCompact(tokenizer.spec)))
    const ids = Array.from(tokenizer.encode(text))
    expect(Array.from(json.encode(text))).toEqual(ids)
    expect(Array.from(compact.encode(text))).toEqual(ids)
    expect(ids.includes(0)).toBe(true)
  })
})
