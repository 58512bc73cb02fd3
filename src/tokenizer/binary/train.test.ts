import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random, TesseraError } from '../../core/index.ts'
import { ChunkCorpus, entropyOf } from './chunks.ts'
import { BINARY_SPECIALS, FIRST_BYTE_ID, FIRST_MERGE_ID } from './layout.ts'
import type { BinaryTokenizer } from './tokenizer.ts'
import { trainBinary } from './train.ts'

/** Bytes with the look of machine code: few opcodes, addresses, zero runs, strings. */
function program(random: Random, length: number): Uint8Array {
  const snippets = [
    '\x48\x89\xe5',
    '\x48\x8b\x05',
    '\x0f\x84',
    '\xff\xff\xff\xff',
    '\0\0\0\0\0\0\0\0',
    '__libc',
  ]
  const out = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const snippet = random.int(4) === 0 ? String.fromCharCode(random.int(256)) : random.pick(snippets)
    for (let i = 0; i < snippet.length && at < length; i++) out[at++] = snippet.charCodeAt(i)
  }
  return out
}

/** The training loop of the paper, word for word, recounting everything for every merge. */
function plainTrain(
  chunks: readonly Uint8Array[],
  options: { size: number; minFrequency: number; maxTokenBytes: number },
): number[] {
  const strings = new Map<number, string>()
  const known = new Set<string>(BINARY_SPECIALS)
  for (let b = 0; b < 256; b++) {
    strings.set(FIRST_BYTE_ID + b, String.fromCharCode(b))
    known.add(String.fromCharCode(b))
  }
  let words = chunks.map((chunk) => Array.from(chunk, (b) => b + FIRST_BYTE_ID))
  const merges: number[] = []
  while (FIRST_MERGE_ID + merges.length / 2 < options.size) {
    const counts = new Map<string, number>()
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        // In a run of one symbol every pair counts, overlapping or not.
        const key = `${word[i]},${word[i + 1]}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
    const best = [...counts]
      .map(([key, count]) => ({ pair: key.split(',').map(Number) as [number, number], count }))
      .filter(({ pair: [a, b] }) => {
        const joined = strings.get(a)! + strings.get(b)!
        return joined.length <= options.maxTokenBytes && !known.has(joined)
      })
      .sort((x, y) => y.count - x.count || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1])[0]
    if (!best || best.count < options.minFrequency) break
    const [a, b] = best.pair
    const id = FIRST_MERGE_ID + merges.length / 2
    strings.set(id, strings.get(a)! + strings.get(b)!)
    known.add(strings.get(id)!)
    merges.push(a, b)
    words = words.map((word) => {
      const out: number[] = []
      for (let i = 0; i < word.length; i++) {
        if (word[i] === a && word[i + 1] === b) {
          out.push(id)
          i++
        } else out.push(word[i]!)
      }
      return out
    })
  }
  return merges
}

const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0))

describe('training', () => {
  test('learns the merges of the definition', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = new Random(seed)
      const files = Array.from({ length: 3 }, () => program(random, 300 + random.int(400)))
      const settings = { size: FIRST_MERGE_ID + 60, minFrequency: 2, maxTokenBytes: 5 + random.int(12) }
      const chunkBytes = 64
      const chunks: Uint8Array[] = []
      for (const file of files) {
        for (let at = 0; at < file.length; at += chunkBytes) chunks.push(file.subarray(at, at + chunkBytes))
      }
      const { tokenizer } = await trainBinary(files, { ...settings, chunkBytes })
      expect([...tokenizer.merges], `seed ${seed}`).toEqual(plainTrain(chunks, settings))
    }
  })

  describe('of a family', () => {
    let files: Uint8Array[]
    let family: BinaryTokenizer
    beforeAll(async () => {
      const random = new Random(5)
      files = Array.from({ length: 6 }, () => program(random, 60_000))
      family = (await trainBinary(files, { size: 2048, minFrequency: 2 })).tokenizer
    })

    test('gives the same file again, and in any order of files and chunks', async () => {
      const again = (await trainBinary(files, { size: 2048, minFrequency: 2 })).tokenizer
      expect(again.save()).toBe(family.save())
      const turned = (await trainBinary(files.toReversed(), { size: 2048, minFrequency: 2 })).tokenizer
      expect(turned.save('latin1')).toBe(family.save('latin1'))
    })

    test('a smaller run is the beginning of a larger one', async () => {
      const small = (await trainBinary(files, { size: 700, minFrequency: 2 })).tokenizer
      expect([...small.merges]).toEqual([...family.merges.subarray(0, 2 * (700 - FIRST_MERGE_ID))])
      for (const file of files) expect(small.encode(file)).toEqual(family.encode(file, { size: 700 }))
    })

    test('every member is a tokenizer of its own', () => {
      for (const size of [FIRST_MERGE_ID, 300, 1024, family.size]) {
        const member = family.member(size)
        expect(member.size).toBe(size)
        expect(member.encode(files[0]!)).toEqual(family.encode(files[0]!, { size }))
      }
    })

    test('every learned token is reached by its own bytes', () => {
      for (let id = FIRST_BYTE_ID; id < family.size; id++) {
        expect([...family.encode(family.bytesOf(id))]).toEqual([id])
      }
    })

    test('no token is longer than allowed, none is there twice', () => {
      const seen = new Set<string>()
      for (let id = FIRST_BYTE_ID; id < family.size; id++) {
        const token = Buffer.from(family.bytesOf(id)).toString('hex')
        expect(token.length / 2).toBeLessThanOrEqual(16)
        expect(seen.has(token)).toBe(false)
        seen.add(token)
      }
      expect(family.size).toBeGreaterThan(1024)
    })

    test('decoding gives back every file, at every size', () => {
      const random = new Random(9)
      const cases: Uint8Array[] = [
        new Uint8Array(0),
        Uint8Array.of(0),
        Uint8Array.of(255),
        Uint8Array.from({ length: 256 }, (_, b) => b),
        new Uint8Array(1 << 20),
        new Uint8Array(1 << 20).fill(0xcc),
        Uint8Array.from({ length: 200_000 }, () => random.int(256)),
        program(random, 100_001),
        bytesOf(BINARY_SPECIALS.join('')),
      ]
      for (const bytes of cases) {
        for (const size of [FIRST_MERGE_ID, 1024, family.size]) {
          const ids = family.encode(bytes, { size })
          expect(Buffer.compare(family.decode(ids), bytes)).toBe(0)
          expect(family.count(bytes, { size })).toBe(ids.length)
          expect(ids.every((id) => id >= FIRST_BYTE_ID && id < size)).toBe(true)
        }
      }
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
          expect(Buffer.compare(family.decode(family.encode(bytes)), bytes)).toBe(0)
        }),
      )
    })
  })

  test('equal chunks count as one with their number as weight', async () => {
    const random = new Random(3)
    const chunk = program(random, 256)
    const other = program(random, 256)
    const twice = Uint8Array.from([...chunk, ...chunk, ...other])
    const corpus = new ChunkCorpus({ chunkBytes: 256 })
    corpus.addFile(twice)
    expect([corpus.chunks, corpus.distinct, Array.from(corpus.words().weights)]).toEqual([3, 2, [2, 1]])
    const options = { size: 400, minFrequency: 2, chunkBytes: 256 }
    const weighted = (await trainBinary([twice], options)).tokenizer
    expect([...weighted.merges]).toEqual(plainTrain([chunk, chunk, other], { ...options, maxTokenBytes: 16 }))
  })

  test('no merge crosses the end of a chunk or of a file', async () => {
    const { tokenizer } = await trainBinary([bytesOf('ab'.repeat(8)), bytesOf('ab')], {
      chunkBytes: 2,
      size: 300,
      minFrequency: 1,
    })
    expect(tokenizer.size).toBe(FIRST_MERGE_ID + 1)
    expect([...tokenizer.bytesOf(FIRST_MERGE_ID)]).toEqual([97, 98])
  })

  test('the text of a special token stays bytes, however often it occurs', async () => {
    const text = bytesOf('<|pad|>'.repeat(500))
    const { tokenizer } = await trainBinary([text], { size: 400, minFrequency: 2 })
    const ids = tokenizer.encode(bytesOf('<|pad|>'))
    expect(ids.every((id) => id >= FIRST_BYTE_ID)).toBe(true)
    for (let id = FIRST_MERGE_ID; id < tokenizer.size; id++) {
      expect(Buffer.from(tokenizer.bytesOf(id)).toString('latin1')).not.toBe('<|pad|>')
    }
  })

  test('chunks outside the entropy window are left out', async () => {
    const random = new Random(1)
    const noise = Uint8Array.from({ length: 4096 }, () => random.int(256))
    expect(entropyOf(new Uint8Array(100))).toBe(0)
    expect(entropyOf(Uint8Array.from({ length: 512 }, (_, i) => i % 256))).toBeCloseTo(8)
    const corpus = new ChunkCorpus({ chunkBytes: 4096, entropy: { min: 0.5, max: 7.5 } })
    corpus.addFile(noise)
    corpus.addFile(new Uint8Array(4096))
    corpus.addFile(program(random, 4096))
    expect([corpus.files, corpus.chunks, corpus.keptBytes]).toEqual([3, 1, 4096])
    await expect(trainBinary([noise], { entropy: { max: 7.5 } })).rejects.toMatchObject({
      code: 'TRAINING_IMPOSSIBLE',
    })
  })

  test('zero runs are chunks of their own when asked', () => {
    const corpus = new ChunkCorpus({ zeroRun: 4 })
    corpus.addFile(Uint8Array.of(1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0))
    const { symbols, offsets } = corpus.words()
    const chunks = Array.from({ length: corpus.distinct }, (_, i) =>
      Array.from(symbols.slice(offsets[i], offsets[i + 1])),
    )
    expect(chunks).toEqual([[1, 2, 0, 0, 0, 3], [0, 0, 0, 0, 0], [4], [0, 0, 0, 0]])
    expect(corpus.keptBytes).toBe(16)
  })

  test('stops at the minimum frequency, at once when cancelled, and names bad settings', async () => {
    const few = await trainBinary([bytesOf('abab')], { size: 1000, minFrequency: 3 })
    expect(few.tokenizer.size).toBe(FIRST_MERGE_ID)
    const signal = AbortSignal.abort()
    await expect(trainBinary([new Uint8Array(9)], { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(trainBinary([])).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
    for (const options of [{ size: 100 }, { chunkBytes: 1 }, { entropy: { min: 9 } }, { zeroRun: 0 }]) {
      await expect(trainBinary([new Uint8Array(9)], options)).rejects.toBeInstanceOf(TesseraError)
    }
  })
})
