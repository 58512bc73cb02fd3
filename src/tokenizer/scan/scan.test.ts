import { describe, expect, it } from 'vitest'
import { hostileStrings, visible } from '../../../test/conformance/hostile.ts'
import { compilePattern, type CompiledPattern } from '../regex/index.ts'
import { knownPatterns, scannerFor, type Scan } from './index.ts'

const encoder = new TextEncoder()

/** Piece ends in bytes, by the general engine; null when its matches leave gaps. */
function byPattern(pattern: CompiledPattern, text: string): string | null {
  const ends: number[] = []
  let covered = 0
  let gaps = false
  pattern.findAll(text, (start, end) => {
    gaps ||= start !== covered
    covered = end
    ends.push(encoder.encode(text.slice(0, end)).length)
  })
  return gaps || covered !== text.length ? null : ends.join()
}

function byScanner(scan: Scan, text: string): string {
  const bytes = encoder.encode(text)
  const ends: number[] = []
  for (let pos = 0; pos < bytes.length;) {
    const next = scan(bytes, pos, bytes.length)
    if (next <= pos) return `no progress at ${pos}`
    ends.push((pos = next))
  }
  return ends.join()
}

describe.each(knownPatterns.map((pattern, i) => [i, pattern] as const))('scanner %i: %s', (_, pattern) => {
  it.each(['tiktoken', 'huggingface'] as const)(
    'cuts hostile strings as the pattern does (%s)',
    (reference) => {
      const compiled = compilePattern(pattern, reference)
      const scan = scannerFor(pattern, reference)!
      const different = hostileStrings(11, 2000)
        .map((text) => text.toWellFormed())
        .filter((text) => byScanner(scan, text) !== byPattern(compiled, text))
      expect(different.slice(0, 3).map(visible)).toEqual([])
    },
  )
})

it('knows no pattern but those', () => {
  expect(scannerFor('[a-z]+', 'huggingface')).toBeNull()
})
