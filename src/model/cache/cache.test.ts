import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { Cache, loadModel, type Model } from '../index.ts'
import { expectClose, type Tiny, tiny, tinyConfig } from '../testing/tiny.ts'

const random = new Random(8)
const { vocabSize, layers, kvHeads, headDim } = tinyConfig
const idsOf = (length: number) => Array.from({ length }, () => random.int(vocabSize))

let made: Tiny
let model: Model

beforeAll(async () => {
  made = await tiny()
  model = await loadModel(made.checkpoint)
})

afterAll(async () => {
  await model.release()
  await made.release()
})

async function lastOf(ids: readonly number[]): Promise<Float32Array> {
  return (await made.oracle(ids)).subarray((ids.length - 1) * vocabSize)
}

async function cacheOf(ids: readonly number[]): Promise<Cache> {
  const cache = model.cache({ capacity: 1 })
  await model.step({ ids, cache })
  return cache
}

const lane = (logits: Float32Array | null, i: number) => logits!.subarray(i * vocabSize, (i + 1) * vocabSize)

describe('fork', () => {
  test('shares the keys without a copy, and each goes its own way', async () => {
    const prompt = idsOf(8)
    const cache = await cacheOf(prompt)
    const [left, right] = [cache.fork(), cache.fork()]
    expect(left.rows().prefix).toBe(cache.rows().own)
    const [a, b, c] = [idsOf(3), idsOf(2), idsOf(1)]
    expectClose((await model.step({ ids: a, cache: left })).logits!, await lastOf([...prompt, ...a]))
    expectClose((await model.step({ ids: b, cache: right })).logits!, await lastOf([...prompt, ...b]))
    expectClose((await model.step({ ids: c, cache })).logits!, await lastOf([...prompt, ...c]))
    // The shared slots are still the very same.
    expect(left.rows().prefix).toBe(right.rows().prefix)
    const more = idsOf(2)
    expectClose(
      (await model.step({ ids: more, cache: left })).logits!,
      await lastOf([...prompt, ...a, ...more]),
    )
    // A fork of a fork.
    const deep = left.fork()
    expect(deep.rows().prefix).toBe(right.rows().prefix)
    for (const one of [deep, left]) {
      const next = idsOf(1)
      expectClose(
        (await model.step({ ids: next, cache: one })).logits!,
        await lastOf([...prompt, ...a, ...more, ...next]),
      )
    }
  })

  test('into several lanes of different lengths', async () => {
    const prompt = idsOf(5)
    const cache = await cacheOf(prompt)
    const lanes = cache.fork(3)
    const sequences = [idsOf(2), idsOf(4), idsOf(1)]
    const first = await model.step({ ids: sequences, cache: lanes, want: { attention: [1] } })
    for (const [i, ids] of sequences.entries())
      expectClose(lane(first.logits, i), await lastOf([...prompt, ...ids]))
    expect(first.attention[1]!.length).toBe(3 * 4 * 4 * 9)
    const more = [idsOf(1), idsOf(1), idsOf(3)]
    const second = await model.step({ ids: more, cache: lanes })
    for (const [i, ids] of more.entries()) {
      sequences[i]!.push(...ids)
      expectClose(lane(second.logits, i), await lastOf([...prompt, ...sequences[i]!]))
    }
    // From one lane with a prefix and slots of its own, too.
    const one = cache.fork()
    const tail = idsOf(2)
    await model.step({ ids: tail, cache: one })
    const [x, y] = [idsOf(1), idsOf(2)]
    const { logits } = await model.step({ ids: [x, y], cache: one.fork(2) })
    expectClose(lane(logits, 0), await lastOf([...prompt, ...tail, ...x]))
    expectClose(lane(logits, 1), await lastOf([...prompt, ...tail, ...y]))
  })

  test('writing after a truncation does not touch what a fork sees', async () => {
    const prompt = idsOf(6)
    const cache = await cacheOf(prompt)
    const fork = cache.fork()
    cache.truncate(3)
    const other = idsOf(4)
    expectClose(
      (await model.step({ ids: other, cache })).logits!,
      await lastOf([...prompt.slice(0, 3), ...other]),
    )
    const next = idsOf(1)
    expectClose((await model.step({ ids: next, cache: fork })).logits!, await lastOf([...prompt, ...next]))
    // Several lanes: shared until the second writes.
    const lanes = cache.fork(2)
    await model.step({ ids: [idsOf(1), idsOf(1)], cache: lanes })
    const twin = lanes.fork()
    expect(twin.rows().own).toBe(lanes.rows().own)
    const before = twin.save()
    await model.step({ ids: [idsOf(1), idsOf(1)], cache: lanes })
    lanes.truncate(7)
    await model.step({ ids: [idsOf(2), idsOf(1)], cache: lanes })
    expect(twin.save()).toEqual(before)
  })
})

test('hidden slots are as if they had never been there', async () => {
  const ids = idsOf(8)
  const cache = model.cache({ lanes: 2 })
  // The second lane has a gap in its positions; hiding the same slots of the first gives the same.
  await model.step({ ids: [ids, ids], cache })
  cache.hide(0, [2, 5])
  const next = idsOf(1)
  const { logits } = await model.step({ ids: [next, next], cache })
  expectClose(lane(logits, 1), await lastOf([...ids, ...next]))
  // Keys and values of later layers have seen the hidden tokens, so the comparison is a gathered cache.
  const gathered = await cacheOf(ids)
  gathered.gather([0, 1, 3, 4, 6, 7])
  expect([...gathered.positions]).toEqual([0, 1, 3, 4, 6, 7])
  expectClose(lane(logits, 0), (await model.step({ ids: next, cache: gathered })).logits!)
})

test('lanes are reordered, repeated and dropped', async () => {
  const prompt = idsOf(4)
  const cache = (await cacheOf(prompt)).fork(3)
  const sequences = [idsOf(2), idsOf(3), idsOf(1)]
  await model.step({ ids: sequences, cache })
  const chosen = [2, 0, 0, 1]
  const selected = cache.select(chosen)
  expect(selected.rows().prefix).toBe(cache.rows().prefix)
  const more = chosen.map(() => idsOf(1))
  const { logits } = await model.step({ ids: more, cache: selected })
  for (const [i, from] of chosen.entries()) {
    expectClose(lane(logits, i), await lastOf([...prompt, ...sequences[from]!, ...more[i]!]))
  }
  expect(() => cache.select([3])).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})

describe('rotate', () => {
  test('keys at other positions are those that are computed there', async () => {
    const ids = idsOf(6)
    const there = model.cache()
    await model.step({ ids, cache: there, positions: Int32Array.from(ids, (_, i) => 40 + i) })
    const moved = await cacheOf(ids)
    moved.rotate(40)
    expect(moved.positions).toEqual(there.positions)
    const width = 6 * kvHeads * headDim
    for (let layer = 0; layer < layers; layer++) {
      const [a, b] = [moved, there].map((cache) => cache.rows().own.keys[layer]!.subarray(0, width))
      expectClose(a!, b!)
    }
  })

  test('a part, by slots and lanes, in a fork: the others are not touched', async () => {
    const ids = idsOf(6)
    const cache = await cacheOf(ids)
    const fork = cache.fork(2)
    await model.step({ ids: [[1], [2]], cache: fork })
    fork.rotate(Int32Array.from([3, 4, 3, 4, 0, 1, 9, 0]), 3)
    expect([...fork.positions]).toEqual([0, 0, 1, 1, 2, 2, 6, 7, 7, 8, 5, 6, 15, 6])
    fork.rotate(Int32Array.from([-3, -4, -3, -4, 0, -1, -9, 0]), 3)
    const next = idsOf(1)
    const { logits } = await model.step({ ids: [next, next], cache: fork })
    for (const [i, own] of [1, 2].entries())
      expectClose(lane(logits, i), await lastOf([...ids, own, ...next]))
    expectClose((await model.step({ ids: next, cache })).logits!, await lastOf([...ids, ...next]))
    expect(() => cache.rotate(-1)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(() => cache.rotate(Int32Array.of(1, 2))).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
    expect(() => cache.rotate(1, 3, 99)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})

test('caches are joined: documents computed apart, then read together', async () => {
  const [a, b] = [idsOf(4), idsOf(3)]
  const first = await cacheOf(a)
  const second = (await cacheOf(b)).fork()
  await model.step({ ids: [5], cache: second })
  second.rotate(first.length)
  first.append(second)
  expect([...first.positions]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  // The same in one step, by a bias that keeps the documents apart.
  const all = [...a, ...b, 5]
  const bias = Float32Array.from({ length: 64 }, (_, i) => {
    const [query, key] = [Math.floor(i / 8), i % 8]
    return key <= query && key < 4 === query < 4 ? 0 : -Infinity
  })
  const whole = model.cache()
  await model.step({ ids: all, bias, cache: whole })
  const next = idsOf(1)
  const joined = await model.step({ ids: next, cache: first })
  expectClose(joined.logits!, (await model.step({ ids: next, cache: whole })).logits!)
  // One lane goes to every lane.
  const lanes = model.cache({ lanes: 2 })
  await model.step({ ids: [[1], [2]], cache: lanes })
  const tail = await cacheOf([7, 8])
  lanes.append(tail)
  expect([...lanes.positions]).toEqual([0, 0, 0, 0, 1, 1])
  const own = await tiny({}, 5)
  const other = await loadModel(own.checkpoint)
  expect(() => other.cache().append(lanes)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  await Promise.all([other.release(), own.release()])
})

describe('saved caches', () => {
  test('go on to the same bits', async () => {
    const cache = (await cacheOf(idsOf(5))).fork(2)
    await model.step({ ids: [idsOf(2), idsOf(1)], cache })
    const loaded = Cache.load(model, cache.save())
    expect(loaded.save()).toEqual(cache.save())
    const next = [idsOf(1), idsOf(2)]
    const [a, b] = [await model.step({ ids: next, cache }), await model.step({ ids: next, cache: loaded })]
    expect(b.logits).toEqual(a.logits)
    expect(Cache.load(model, model.cache().save()).length).toBe(0)
  })

  test('anything else is refused', async () => {
    const bytes = (await cacheOf(idsOf(3))).save()
    const codeOf = (given: Uint8Array) => {
      try {
        Cache.load(model, given)
      } catch (error) {
        return (error as { code: string }).code
      }
      return 'loaded'
    }
    expect(codeOf(bytes)).toBe('loaded')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expect(codeOf(noise)).toBe('FORMAT_INVALID')
      }),
    )
    const end = bytes.indexOf(10)
    fc.assert(
      fc.property(fc.nat(end), fc.nat(255), (at, value) => {
        const changed = bytes.slice()
        changed[at] = value
        const same = value === bytes[at]
        expect(same ? ['loaded'] : ['FORMAT_INVALID', 'ARGUMENT_INVALID']).toContain(codeOf(changed))
      }),
    )
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(codeOf(bytes.subarray(0, length))).toBe('FORMAT_INVALID')
      }),
    )
  })
})

// Any order of operations: the cache must go on as one that is computed from the beginning. The plain version is a
// list of ids per lane.
test('random sequences of operations equal recomputation', async () => {
  const operation = fc.oneof(
    fc.record({
      kind: fc.constant('step' as const),
      lengths: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('fork' as const),
      lanes: fc.integer({ min: 1, max: 3 }),
      old: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('truncate' as const), by: fc.nat(3) }),
    fc.record({ kind: fc.constant('select' as const), seed: fc.nat(100) }),
    fc.record({ kind: fc.constant('gather' as const) }),
    fc.record({ kind: fc.constant('save' as const) }),
    fc.record({ kind: fc.constant('rotate' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 3, maxLength: 12 }),
      fc.nat(1000),
      async (operations, seed) => {
        const random = new Random(seed)
        const token = () => random.int(vocabSize)
        let cache = model.cache({ capacity: 1 })
        // [slot][lane]: the token, or null for a hole.
        let slots: (number | null)[][] = []
        let oldest: { cache: Cache; slots: (number | null)[][] } | null = null
        for (const one of operations) {
          const { lanes } = cache
          if (one.kind === 'step') {
            const rows = Array.from({ length: lanes }, (_, i) =>
              Array.from({ length: one.lengths[i]! }, token),
            )
            const time = Math.max(...rows.map((row) => row.length))
            if (time === 0 || slots.length > 24) continue
            await model.step({ ids: lanes === 1 ? rows[0]! : rows, cache, want: { logits: 'none' } })
            for (let t = 0; t < time; t++) slots.push(rows.map((row) => row[t] ?? null))
          } else if (one.kind === 'fork') {
            const count = lanes === 1 ? one.lanes : lanes
            const fork = cache.fork(count)
            const spread = slots.map((row) =>
              Array.from({ length: count }, (_, i) => row[lanes === 1 ? 0 : i]!),
            )
            // Go on in the fork, or in the one that was forked.
            oldest = one.old ? { cache: fork, slots: spread } : { cache, slots: slots.map((row) => [...row]) }
            if (!one.old) [cache, slots] = [fork, spread]
          } else if (one.kind === 'truncate') {
            const length = Math.max(0, slots.length - one.by)
            cache.truncate(length)
            slots = slots.slice(0, length)
          } else if (one.kind === 'select') {
            const order = Array.from({ length: 1 + (one.seed % 3) }, () => random.int(lanes))
            cache = cache.select(order)
            slots = slots.map((row) => order.map((from) => row[from]!))
          } else if (one.kind === 'gather') {
            // Slots that are holes in every lane say nothing.
            const kept = slots.flatMap((row, i) => (row.some((id) => id !== null) ? [i] : []))
            cache.gather(kept)
            slots = kept.map((i) => slots[i]!)
          } else if (one.kind === 'save') cache = Cache.load(model, cache.save())
          else {
            cache.rotate(7)
            cache.rotate(-7)
          }
        }
        for (const { cache: final, slots: rows } of oldest
          ? [{ cache, slots }, oldest]
          : [{ cache, slots }]) {
          expect(final.length).toBe(rows.length)
          const next = Array.from({ length: final.lanes }, () => [token()])
          const { logits } = await model.step({ ids: next, cache: final })
          for (let i = 0; i < final.lanes; i++) {
            const ids = [...rows.flatMap((row) => (row[i] === null ? [] : [row[i]!])), ...next[i]!]
            expectClose(lane(logits, i), await lastOf(ids))
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})
