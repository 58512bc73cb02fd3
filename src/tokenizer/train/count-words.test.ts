import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Random, utf8Decode, utf8Encode } from '../../core/index.ts'
import { countWords, type Corpus, type CountOptions } from './count-words.ts'
import { preTokenizerFor, type PatternName } from './patterns.ts'
import type { WordsSpec } from './pieces.ts'
import { compiledRoom } from './testing/compiled.ts'
import { BLOCK, blockEnd, WINDOW } from './text-blocks.ts'
import { WordTable, type CountedWords } from './word-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-count-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function asMap({ bytes, offsets, counts }: CountedWords): Map<string, number> {
  const map = new Map<string, number>()
  counts.forEach((count, i) => map.set(utf8Decode(bytes.subarray(offsets[i]!, offsets[i + 1]!)), count))
  return map
}

/** The first few words whose counts differ, shortened: the whole maps would fill the screen. */
function differences(a: Map<string, number>, b: Map<string, number>): string[] {
  const words = [...new Set([...a.keys(), ...b.keys()])].filter((word) => a.get(word) !== b.get(word))
  return words.slice(0, 5).map((word) => `${word.slice(0, 30)}: ${a.get(word)} and ${b.get(word)}`)
}

const specOf = (pattern: PatternName, documents: 'whole' | 'lines' = 'whole', bytes = true): WordsSpec => ({
  normalizer: null,
  preTokenizer: preTokenizerFor(pattern, bytes),
  reference: 'huggingface',
  documents,
})

async function counted(corpus: Corpus, spec: WordsSpec, options: Partial<CountOptions> = {}) {
  return asMap((await countWords(corpus, spec, { budget: 2 ** 28, ...options })).words)
}

/** Prose-like text with every kind of gap, and now and then a stretch without any. */
function text(bytes: number, seed: number): string {
  const random = new Random(seed)
  const words = ['the', 'whale', "isn't", 'naïve', '鯨は', 'x1', '2024', '...', '🐳', 'Ωmega', 'a-b']
  const gaps = [' ', ' ', ' ', '  ', '\n', ' \n\n', '\r\n', '\t', '\u00a0', '']
  const parts: string[] = []
  for (let length = 0; length < bytes;) {
    const part = random.int(20_000) === 0 ? '鯨'.repeat(10_000) : random.pick(words) + random.pick(gaps)
    parts.push(part)
    length += part.length + 1
  }
  return parts.join('')
}

describe('WordTable', () => {
  it('counts like a map', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.nat(5))), (words) => {
        const table = new WordTable()
        const map = new Map<string, number>()
        for (const [word, times] of words) {
          const bytes = utf8Encode(`.${word}.`)
          table.add(bytes, 1, bytes.length - 1, times + 1)
          map.set(utf8Decode(bytes.subarray(1, -1)), (map.get(word) ?? 0) + times + 1)
        }
        expect(asMap(table.words())).toEqual(map)
      }),
    )
  })

  it('grows', () => {
    const table = new WordTable()
    for (let turn = 0; turn < 2; turn++) {
      for (let i = 0; i < 50_000; i++) {
        const bytes = utf8Encode(`word ${i}`)
        table.add(bytes, 0, bytes.length, 1)
      }
    }
    expect(table.size).toBe(50_000)
    expect([...asMap(table.words()).values()].every((count) => count === 2)).toBe(true)
  })
})

describe('blockEnd', () => {
  it('lies in the window, at a whole character, whatever the text', () => {
    for (const unit of ['a', 'é', '鯨', '🐳', ' ', 'a b ', '\n']) {
      const bytes = utf8Encode(unit.repeat(2 * WINDOW))
      for (const documents of ['whole', 'lines'] as const) {
        for (let limit = WINDOW + 5; limit < WINDOW + 12; limit++) {
          const end = blockEnd(bytes, limit, documents)
          expect(end).toBeGreaterThan(limit - WINDOW)
          expect(end).toBeLessThanOrEqual(limit)
          expect(bytes[end]! & 0xc0).not.toBe(0x80)
        }
      }
    }
  })
})

describe('countWords', () => {
  const long = text(2.5 * BLOCK, 1)
  const paths = [join(folder, 'long.txt'), join(folder, 'short.txt'), join(folder, 'empty.txt')]
  beforeAll(() => {
    writeFileSync(paths[0]!, long)
    writeFileSync(paths[1]!, text(50_000, 2))
    writeFileSync(paths[2]!, '')
  })

  for (const pattern of [
    'gpt2',
    'cl100k',
    'o200k',
    'whitespace',
    'whitespace-split',
    'bert',
    'metaspace',
  ] as const) {
    it(`reading a file in blocks does not change its words: ${pattern}`, async () => {
      for (const documents of ['whole', 'lines'] as const) {
        const spec = specOf(pattern, documents, pattern !== 'metaspace' && pattern !== 'bert')
        const byBlocks = await counted({ files: paths[0]! }, spec)
        expect(differences(byBlocks, await counted([long], spec))).toEqual([])
      }
    })
  }

  it('folders, files, documents and iterables give the same', async () => {
    const sub = join(folder, 'corpus', 'deep')
    mkdirSync(sub, { recursive: true })
    writeFileSync(join(sub, 'a.txt'), 'one two two')
    writeFileSync(join(folder, 'corpus', 'b.txt'), 'two three')
    writeFileSync(join(folder, 'corpus', '.hidden'), 'four')
    symlinkSync(join(sub, 'a.txt'), join(folder, 'corpus', 'link.txt'))
    const expected = new Map([
      ['one', 1],
      [' two', 2],
      ['two', 1],
      [' three', 1],
    ])
    const spec = specOf('gpt2')
    async function* stream() {
      yield 'one two two'
      yield await Promise.resolve(utf8Encode('two three'))
    }
    expect(await counted({ files: join(folder, 'corpus') }, spec)).toEqual(expected)
    expect(await counted({ files: [join(sub, 'a.txt'), join(folder, 'corpus', 'b.txt')] }, spec)).toEqual(
      expected,
    )
    expect(await counted(['one two two', 'two three'], spec)).toEqual(expected)
    expect(await counted(stream(), spec)).toEqual(expected)
  })

  it('a full table goes through the disk, and nothing is lost or left behind', async () => {
    const spec = specOf('whitespace-split')
    const numbers = Array.from({ length: 30 }, (_, d) =>
      Array.from({ length: 3000 }, (_, i) => `w${(i * 7919 + d * 13) % 20_011}`).join(' '),
    )
    const temporary = join(folder, 'temporary')
    mkdirSync(temporary)
    vi.stubEnv('TMPDIR', temporary)
    const seen: number[] = []
    const files = join(folder, 'numbers.txt')
    writeFileSync(files, Array.from({ length: 8 }, () => numbers.join('\n')).join('\n'))
    const whole = await counted({ files }, spec)
    // Room for all words in the end, but not before runs are merged: each block fills the table anew.
    const room = 20_011 * (WordTable.PER_WORD + 6)
    const options = { budget: room, onProgress: ({ done }: { done: number }) => void seen.push(done) }
    expect(differences(await counted({ files }, spec, options), whole)).toEqual([])
    const tight = await countWords({ files }, spec, { budget: 20_000 * 20 })
    const kept = asMap(tight.words)
    const leastKept = Math.min(...kept.values())
    let dropped = 0
    for (const [word, count] of whole) {
      if (kept.has(word)) expect(kept.get(word)).toBe(count)
      else {
        expect(count).toBeLessThanOrEqual(leastKept)
        dropped += count
      }
    }
    expect(tight.droppedWords).toBe(whole.size - kept.size)
    expect(tight.droppedOccurrences).toBe(dropped)
    expect(dropped).toBeGreaterThan(0)
    expect(readdirSync(temporary)).toEqual([])
    vi.unstubAllEnvs()
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  })

  it('says what is wrong', async () => {
    writeFileSync(join(folder, 'latin1.txt'), Buffer.from('caf\xe9 noir', 'latin1'))
    const code = (corpus: unknown, options: Partial<CountOptions> = {}) =>
      counted(corpus as Corpus, specOf('gpt2'), options).then(
        () => 'none',
        (error: { code?: string }) => error.code,
      )
    expect(await code({ files: join(folder, 'missing.txt') })).toBe('FILE_NOT_FOUND')
    expect(await code({ files: join(folder, 'latin1.txt') })).toBe('TEXT_NOT_UTF8')
    expect(await code([Uint8Array.of(0x80)])).toBe('TEXT_NOT_UTF8')
    expect(await code({ files: join(folder, 'empty.txt') })).toBe('TRAINING_IMPOSSIBLE')
    expect(await code([])).toBe('TRAINING_IMPOSSIBLE')
    expect(await code('a path or a text?')).toBe('ARGUMENT_INVALID')
    expect(await code([7])).toBe('ARGUMENT_INVALID')
    expect(await code(['x'], { threads: 0 })).toBe('ARGUMENT_INVALID')
    expect(await code(['x'], { signal: AbortSignal.abort() })).toBe('CANCELLED')
    const stop = new AbortController()
    expect(await code({ files: paths[0]! }, { signal: stop.signal, onProgress: () => stop.abort() })).toBe(
      'CANCELLED',
    )
  })

  describe('over threads', () => {
    let room: ReturnType<typeof compiledRoom>
    beforeAll(() => void (room = compiledRoom()))
    afterAll(() => rmSync(room.folder, { recursive: true, force: true }))

    it('gives the same counts, with and without a full table, and fails alike', async () => {
      const compiled = (await import(
        /* @vite-ignore */ room.urlOf('src/tokenizer/train/count-words.ts')
      )) as {
        countWords: typeof countWords
      }
      const big = join(folder, 'big.txt')
      // More than one range of eight blocks.
      writeFileSync(big, text(BLOCK, 3).repeat(9))
      const spec = specOf('cl100k')
      const corpus = { files: [big, ...paths] }
      const alone = asMap((await countWords(corpus, spec, { budget: 2 ** 28, threads: 1 })).words)
      for (const budget of [2 ** 28, 2 ** 16]) {
        const { words, droppedWords } = await compiled.countWords(corpus, spec, { budget, threads: 3 })
        if (budget === 2 ** 28) expect(droppedWords).toBe(0)
        if (droppedWords === 0) expect(differences(asMap(words), alone)).toEqual([])
        const single = await countWords(corpus, spec, { budget, threads: 1 })
        expect(differences(asMap(words), asMap(single.words))).toEqual([])
      }
      const documents = [long, text(1000, 4), utf8Encode('x y')]
      const both = [1, 3].map((threads) => compiled.countWords(documents, spec, { budget: 2 ** 28, threads }))
      const [one, three] = await Promise.all(both)
      expect(differences(asMap(three!.words), asMap(one!.words))).toEqual([])
      await expect(
        compiled.countWords({ files: [...paths, join(folder, 'latin1.txt')] }, spec, {
          budget: 2 ** 28,
          threads: 2,
        }),
      ).rejects.toMatchObject({ code: 'TEXT_NOT_UTF8' })
      const stop = new AbortController()
      const cancelled = compiled.countWords(corpus, spec, {
        budget: 2 ** 28,
        threads: 2,
        signal: stop.signal,
        onProgress: () => stop.abort(),
      })
      await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    })
  })
})
