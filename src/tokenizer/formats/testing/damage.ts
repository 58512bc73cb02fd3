// For tests of readers: one file, damaged in every way that files are damaged, may be refused but never
// crash a reader.
import fc from 'fast-check'
import { expect } from 'vitest'
import { TesseraError } from '../../../core/index.ts'

type Damage =
  | { kind: 'cut'; at: number }
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'set'; at: number; bytes: number[] }
  | { kind: 'insert'; at: number; bytes: number[] }
  | { kind: 'remove'; at: number; length: number }

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const run = fc.array(fc.constantFrom(0, 1, 0x22, 0x5b, 0x5d, 0x7b, 0x7d, 0x2c, 0x7f, 0x80, 0xff, 0x39), {
  minLength: 1,
  maxLength: 8,
})

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: position }),
  fc.record({ kind: fc.constant('flip' as const), at: position, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: position, bytes: run }),
  fc.record({ kind: fc.constant('insert' as const), at: position, bytes: run }),
  fc.record({ kind: fc.constant('remove' as const), at: position, length: fc.integer({ min: 1, max: 64 }) }),
)

function apply(file: Uint8Array, d: Damage): Uint8Array {
  const at = Math.floor(d.at * file.length)
  const join = (...parts: ArrayLike<number>[]) => Uint8Array.from(parts.flatMap((p) => Array.from(p)))
  switch (d.kind) {
    case 'cut':
      return file.slice(0, at)
    case 'flip': {
      const out = file.slice()
      out[at] = out[at]! ^ (1 << d.bit)
      return out
    }
    case 'set': {
      const out = file.slice()
      d.bytes.forEach((b, i) => (out[Math.min(at + i, out.length - 1)] = b))
      return out
    }
    case 'insert':
      return join(file.subarray(0, at), d.bytes, file.subarray(at))
    case 'remove':
      return join(file.subarray(0, at), file.subarray(at + d.length))
  }
}

/** What `read` throws, which has to be a TesseraError; null when it reads the bytes. */
export function refusal(read: () => unknown): TesseraError | null {
  try {
    read()
    return null
  } catch (error) {
    expect(error).toBeInstanceOf(TesseraError)
    return error as TesseraError
  }
}

/** Damages `file` in up to three places, `runs` times; every outcome but a TesseraError or a result fails. */
export function expectSafe(
  file: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  { runs = 400, seal = (b: Uint8Array) => b } = {},
): void {
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      const broken = seal(damages.reduce((bytes, d) => (bytes.length > 0 ? apply(bytes, d) : bytes), file))
      refusal(() => read(broken))
    }),
    { numRuns: runs, seed: 20260101 },
  )
}

/** Every prefix of a file (at most `steps` of them) is refused. */
export function expectPrefixesRefused(
  file: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  steps = 400,
): void {
  const stride = Math.max(1, Math.floor(file.length / steps))
  for (let n = 0; n < file.length - 1; n += n < 64 ? 1 : stride) {
    expect(
      refusal(() => read(file.slice(0, n))),
      `prefix of ${n} bytes`,
    ).not.toBeNull()
  }
}
