import { expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { LOOKUP_PADDING, MAX_CACHED_BYTES, WordCache } from './word-cache.ts'

it('answers what was stored, for pieces of every length, until it is emptied for room', () => {
  const random = new Random(1)
  const cache = new WordCache()
  const truth = new Map<string, number[]>()
  const buffer = new Uint8Array(MAX_CACHED_BYTES + LOOKUP_PADDING + 8)
  const view = new DataView(buffer.buffer)
  let hits = 0
  const wrong: string[] = []
  for (let n = 0; n < 150_000; n++) {
    const length = 1 + random.int(n % 3 === 0 ? 40 : 6)
    // Bytes behind the piece must not matter: they are whatever the last piece left there.
    for (let i = 0; i < length; i++) buffer[i] = 97 + random.int(length < 4 ? 26 : 3)
    if (random.int(50) === 0) buffer[random.int(length)] = 0
    const key = buffer.subarray(0, length).join()
    const slot = cache.find(view, 0, length)
    if (slot >= 0) {
      hits++
      const value = cache.valueAt(slot)
      const count = cache.countAt(slot)
      const ids = count === 1 ? [value] : [...cache.ids.subarray(value, value + count)]
      if (ids.join() !== truth.get(key)!.join()) wrong.push(key)
    } else {
      const ids = Int32Array.from({ length: random.int(4) }, () => random.int(200_000))
      truth.set(key, [...ids])
      cache.insert(view, 0, length, ids, ids.length)
    }
  }
  expect(wrong).toEqual([])
  expect(hits).toBeGreaterThan(20_000)
})

it('tells apart pieces that differ only in a trailing zero byte', () => {
  const cache = new WordCache()
  const view = new DataView(new ArrayBuffer(64))
  view.setUint8(0, 97)
  expect(cache.find(view, 0, 1)).toBe(-1)
  cache.insert(view, 0, 1, Int32Array.of(7), 1)
  expect(cache.find(view, 0, 2)).toBe(-1)
  expect(cache.find(view, 0, 1)).toBeGreaterThanOrEqual(0)
})

it('does not search for long among pieces made to collide', () => {
  const cache = new WordCache()
  const view = new DataView(new ArrayBuffer(64))
  const ids = Int32Array.of(1)
  // Pieces of four bytes whose first multiplication differs only in bits that the mask drops.
  let stored = 0
  const inverse = 0x144cbc89 // of 0x9e3779b1 modulo 2^32
  for (let n = 0; n < 5000; n++) {
    view.setInt32(0, Math.imul(n << 18, inverse), true)
    if (cache.find(view, 0, 4) < 0) cache.insert(view, 0, 4, ids, 1)
    if (cache.find(view, 0, 4) >= 0) stored++
  }
  expect(stored).toBeGreaterThan(60)
})
