import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTokenizerJson, writeTokenizerJson } from '../formats/index.ts'
import { orderByCount, serialise } from '../serial/serialise.ts'
import { createTokenizer } from '../tokenizer.ts'
import { trainBpeSpec } from '../train-tokenizer.ts'
import { compiledRoom } from '../train/testing/compiled.ts'
import { trainLzBpe, trainLzBpeSpec } from '../train-lz-tokenizer.ts'
import { LzStream } from './stream.ts'

const TEXT = Array.from(
  { length: 120 },
  (_, i) =>
    `2026-11-${10 + (i % 20)} INFO worker ${i % 7} took ${(i * i) % 97} ms for /api/items/${i % 13}\n`,
).join('')

const mergesOf = ({ spec }: { spec: { model: object } }) => [
  ...(spec.model as { merges: Uint32Array }).merges,
]

describe('LZ-aware BPE', () => {
  it('with one candidate is plain BPE, merge for merge', async () => {
    const pattern = fc.constantFrom('cl100k' as const, 'none' as const)
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', 'é'), minLength: 1, maxLength: 80 }),
        pattern,
        async (text, pattern) => {
          const options = { vocabSize: 270, pattern, specials: ['<end>'] }
          const plain = await trainBpeSpec([text], options)
          const lz = await trainLzBpeSpec([text], { ...options, candidates: 1 })
          expect(mergesOf(lz)).toEqual(mergesOf(plain))
        },
      ),
    )
  })

  /** The definition, without words: a list of ids, every candidate merged anew and written as a stream. */
  function plainLz(text: string, idOf: (byte: number) => number, vocabSize: number, most: number): number[] {
    let ids = [...Buffer.from(text)].map(idOf)
    const merged = (left: number, right: number, id: number) => {
      const out: number[] = []
      for (let i = 0; i < ids.length; i++) {
        if (ids[i] === left && ids[i + 1] === right) out.push(id) && i++
        else out.push(ids[i]!)
      }
      return out
    }
    const merges: number[] = []
    for (let id = 256; id < vocabSize; id++) {
      const counts = new Map<string, number>()
      for (let i = 1; i < ids.length; i++) {
        const key = `${ids[i - 1]} ${ids[i]}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      const pairs = [...counts]
        .filter(([, count]) => count >= 2)
        .map(([key, count]) => ({ pair: key.split(' ').map(Number) as [number, number], count }))
        .sort((a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1])
        .slice(0, most)
      const sizes = pairs.map(({ pair: [left, right] }) => {
        const stream = merged(left, right, id)
        const own = new Float64Array(vocabSize)
        for (const one of stream) own[one]!++
        const bytes = serialise(stream, { form: 'rank', vocabSize, order: orderByCount(own) })
        return gzipSync(bytes, { level: 6 }).length
      })
      if (pairs.length === 0) break
      const [left, right] = pairs[sizes.indexOf(Math.min(...sizes))]!.pair
      ids = merged(left, right, id)
      merges.push(left, right)
    }
    return merges
  }

  it('takes the pair after which the stream is smallest, the first of equals: as the plain way does', async () => {
    const base = await trainLzBpe(['x'], { vocabSize: 256 })
    const idOf = (byte: number) =>
      Array.from({ length: 256 }, (_, id) => base.info(id).bytes[0]).indexOf(byte)
    for (const text of [TEXT.slice(0, 2500), 'abcabcabdabc '.repeat(30), 'aaaaaaaaaaaaaaab'.repeat(5)]) {
      const found = await trainLzBpeSpec([text], {
        vocabSize: 272,
        candidates: 6,
        pattern: 'none',
        threads: 1,
      })
      expect(mergesOf(found)).toEqual(plainLz(text, idOf, 272, 6))
    }
  })

  it('ends smaller under gzip than the merges of plain training', async () => {
    const { report } = await trainLzBpeSpec([TEXT], { vocabSize: 300, candidates: 16, threads: 1 })
    const plain = await trainLzBpeSpec([TEXT], { vocabSize: 300, candidates: 1 })
    expect(report).toMatchObject({ vocabSize: 300, merges: 44, bytes: TEXT.length, cut: false })
    expect(report.turned).toBeGreaterThan(0)
    expect(plain.report.turned).toBe(0)
    expect(report.compressed[1]).toBeLessThan(plain.report.compressed[1])
  })

  it('is lossless, and survives tokenizer.json', async () => {
    const found = await trainLzBpe([TEXT], { vocabSize: 320, threads: 1, specials: ['<|end|>', 'two words'] })
    const again = createTokenizer(readTokenizerJson(Buffer.from(writeTokenizerJson(found.spec))))
    for (const text of [TEXT, 'naïve 🙂 <|end|> two words', '']) {
      expect(found.decode(found.encode(text), { skipSpecials: false })).toBe(text)
      expect([...again.encode(text)]).toEqual([...found.encode(text)])
    }
    expect(found.report.tokens[1]).toBe(found.count(TEXT))
    expect(found.idOf('<|end|>')).toBe(0)
    expect(found.idOf('two words')).toBe(1)
  })

  it('takes another compressor, here none: the fewest bytes of the serialised stream', async () => {
    const compressedLength = (bytes: Uint8Array) => bytes.length
    const { report } = await trainLzBpeSpec([TEXT], { vocabSize: 280, compressedLength })
    expect(report.compressed[0]).toBe(TEXT.length)
    expect(report.compressed[1]).toBe(report.tokens[1])
  })

  it('chooses on the beginning of the corpus, cut at a character', async () => {
    const { report } = await trainLzBpeSpec(['é'.repeat(100), 'more'], { streamBytes: 101, vocabSize: 260 })
    expect(report).toMatchObject({ bytes: 100, cut: true })
    const whole = await trainLzBpeSpec(['ab', 'cd'], { streamBytes: 4, vocabSize: 260, minFrequency: 1 })
    expect(whole.report).toMatchObject({ bytes: 4, cut: false, merges: 2, vocabSize: 258 })
  })

  it('refuses what makes no sense, and stops when told to', async () => {
    const fails = (corpus: unknown, options: object, code: string) =>
      expect(trainLzBpeSpec(corpus as string[], options)).rejects.toMatchObject({ code })
    await fails([''], {}, 'TRAINING_IMPOSSIBLE')
    await fails([], {}, 'TRAINING_IMPOSSIBLE')
    await fails(['x'], { vocabSize: 255 }, 'TRAINING_IMPOSSIBLE')
    await fails(['x'], { vocabSize: 70_000 }, 'ARGUMENT_INVALID')
    await fails(['x'], { candidates: 0 }, 'ARGUMENT_INVALID')
    await fails(['x'], { level: 10 }, 'ARGUMENT_INVALID')
    await fails(['x'], { level: 6, compressedLength: () => 1 }, 'ARGUMENT_INVALID')
    await fails(['x'], { specials: ['a', 'a'] }, 'ARGUMENT_INVALID')
    await fails('text', {}, 'ARGUMENT_INVALID')
    await fails([1], {}, 'ARGUMENT_INVALID')
    await fails([Uint8Array.of(0xff)], {}, 'TEXT_NOT_UTF8')
    await fails({ files: '/no/such/file' }, {}, 'FILE_NOT_FOUND')
    await fails([TEXT], { signal: AbortSignal.abort() }, 'CANCELLED')
    const controller = new AbortController()
    await fails(
      [TEXT],
      { signal: controller.signal, threads: 1, onProgress: () => controller.abort() },
      'CANCELLED',
    )
  })
})

describe('the stream', () => {
  it('scores a merge without doing it', () => {
    const stream = new LzStream(Int32Array.of(1, 2, 1, 2, -1, 1, 2), 4, (bytes) => bytes.length)
    expect(stream.score(1, 2, 3)).toBe(3)
    expect(stream.size()).toBe(6)
    stream.merge(1, 2, 3)
    expect(stream.tokens()).toBe(3)
    expect(stream.candidates(5, 1, () => true)).toEqual([{ left: 3, right: 3, count: 1 }])
  })
})

describe('threads', () => {
  let room: ReturnType<typeof compiledRoom>
  beforeAll(() => void (room = compiledRoom()))
  afterAll(() => rmSync(room.folder, { recursive: true, force: true }))

  it('do not change the result; files are read as documents are', async () => {
    const path = join(room.folder, 'log.txt')
    writeFileSync(path, TEXT)
    const compiled = (await import(room.urlOf('src/tokenizer/train-lz-tokenizer.ts'))) as {
      trainLzBpeSpec: typeof trainLzBpeSpec
    }
    const here = await trainLzBpeSpec([TEXT], { vocabSize: 290, candidates: 5, threads: 1 })
    const there = await compiled.trainLzBpeSpec(
      { files: path },
      { vocabSize: 290, candidates: 5, threads: 3 },
    )
    expect(mergesOf(there)).toEqual(mergesOf(here))
    expect(there.report.compressed).toEqual(here.report.compressed)
  })
})
