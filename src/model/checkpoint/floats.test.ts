import { expect, test } from 'vitest'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './floats.ts'

const every = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)

test('every float16 comes back as it was, except that NaN is one NaN', () => {
  const values = fromFloat16(every)
  const back = toFloat16(values)
  for (const bits of every) {
    if (Number.isNaN(values[bits]))
      expect(Number.isNaN(fromFloat16(back.subarray(bits, bits + 1))[0])).toBe(true)
    else if (back[bits] !== bits) throw new Error(`${bits} became ${back[bits]}`)
  }
  expect(values[0x3c00]).toBe(1)
  expect(values[0xc000]).toBe(-2)
  expect(values[0x7bff]).toBe(65_504)
  expect(values[1]).toBe(2 ** -24)
})

test('float32 goes to the nearest float16, to the even one from the middle', () => {
  const nearest = (value: number) => fromFloat16(toFloat16(Float32Array.of(value)))[0]
  expect(nearest(1 + 2 ** -11)).toBe(1)
  expect(nearest(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9)
  expect(nearest(1 + 2 ** -11 + 2 ** -20)).toBe(1 + 2 ** -10)
  expect(nearest(2 ** -25)).toBe(0)
  expect(nearest(2 ** -25 * 1.01)).toBe(2 ** -24)
  expect(nearest(65_519)).toBe(65_504)
  expect(nearest(65_520)).toBe(Infinity)
  expect(nearest(-1e30)).toBe(-Infinity)
  let worst = 0
  for (let i = 0; i < 20_000; i++) {
    const value = (i / 10_000 - 1) * 3
    worst = Math.max(
      worst,
      Math.abs(nearest(value)! - Math.fround(value)) / Math.max(Math.abs(value), 2 ** -14),
    )
  }
  expect(worst).toBeLessThanOrEqual(2 ** -11)
})

test('bfloat16 is the upper half of float32, rounded', () => {
  const values = fromBfloat16(every)
  const back = toBfloat16(values)
  for (const bits of every) if (!Number.isNaN(values[bits])) expect(back[bits]).toBe(bits)
  expect(fromBfloat16(toBfloat16(Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, NaN)))).toEqual(
    Float32Array.of(1, 1 + 2 ** -6, NaN),
  )
})
