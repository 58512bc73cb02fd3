// The benches' footing: corpora that are the same everywhere and never repeat themselves, and output that a
// program can read. Nothing here is about time.
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { slice } from '../../bench/corpora.ts'
import { median, race } from '../../bench/harness.ts'

describe('corpora', () => {
  test.each(['prose', 'code', 'multilingual'] as const)(
    '%s: whole characters, of the size asked for',
    (kind) => {
      for (const round of [0, 1, 2]) {
        const text = slice(kind, 100_000, round)
        expect(Math.abs(Buffer.byteLength(text) - 100_000)).toBeLessThan(8)
        expect(text).not.toContain('\ufffd')
        expect(slice(kind, 100_000, round)).toBe(text)
      }
    },
  )

  test.each(['prose', 'code', 'multilingual'] as const)(
    '%s: neighbouring rounds join without a gap',
    (kind) => {
      const whole = slice(kind, 90_000, 0)
      expect(slice(kind, 30_000, 0) + slice(kind, 30_000, 1) + slice(kind, 30_000, 2)).toBe(whole)
    },
  )

  test('short strings: many, none empty, other ones each round', () => {
    const [first, second] = [slice('short', 50_000, 0), slice('short', 50_000, 1)]
    expect(first.length).toBeGreaterThan(500)
    expect([...first, ...second].every((text) => text.length > 0)).toBe(true)
    expect(first).not.toEqual(second)
    expect(slice('short', 50_000, 0)).toEqual(first)
  })

  test('text that is used up is an error, not a repetition', () => {
    expect(() => slice('prose', 1_000_000, 999)).toThrow(RangeError)
    expect(() => slice('short', 1_000_000, 999)).toThrow(RangeError)
  })
})

describe('harness', () => {
  test('median', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
  })

  test('everybody gets the same input in every round, in changing order', async () => {
    const calls: string[] = []
    const contestant = (name: string) => (input: number) => calls.push(`${input} ${name}`)
    const result = await race({
      contestants: { a: contestant('a'), b: contestant('b'), c: contestant('c') },
      input: (round) => round,
      rounds: 6,
      warmup: 1,
    })
    expect(Object.values(result).map(({ rounds }) => rounds.length)).toEqual([6, 6, 6])
    const byRound = [0, 1, 2, 3, 4, 5, 6].map((round) => calls.filter((call) => call.startsWith(`${round} `)))
    for (const [round, made] of byRound.entries()) {
      expect(made.toSorted()).toEqual(['a', 'b', 'c'].map((name) => `${round} ${name}`))
    }
    expect(new Set(byRound.map((made) => made.map((call) => call.slice(2)).join(''))).size).toBeGreaterThan(1)
  })
})

test('npm run bench -- size --json prints one object of the documented shape', () => {
  const out = execFileSync(process.execPath, ['scripts/bench.mjs', 'size', '--json'], { encoding: 'utf8' })
  const result = JSON.parse(out) as Record<string, unknown> & { rows: Record<string, unknown>[] }
  expect(Object.keys(result)).toEqual(['bench', 'machine', 'versions', 'rows'])
  expect(result.rows.length).toBeGreaterThan(0)
  for (const row of result.rows) {
    expect(Object.keys(row)).toEqual(['case', 'metric', 'unit', 'ours', 'peers', 'ratio'])
    expect(Object.keys(row.ratio as object)).toEqual(Object.keys(row.peers as object))
  }
})

test('an unknown bench or option is refused', () => {
  for (const words of [['nonsense'], ['size', '--jsn']]) {
    expect(() => execFileSync(process.execPath, ['scripts/bench.mjs', ...words], { stdio: 'pipe' })).toThrow()
  }
})
