// Comparing ids with a reference, with a message that shows the first differences and not 10,000 of them.
import { expect } from 'vitest'
import type { Tokenizer } from '../../src/tokenizer/index.ts'
import { visible } from './hostile.ts'

export interface ReferenceTokenizer {
  encode(text: string): Promise<ArrayLike<number>> | ArrayLike<number>
  decode(ids: Uint32Array): Promise<string> | string
}

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Differences in ids, in count, in decoded text and in streamed text. Expects none. */
export async function expectSame(
  tokenizer: Tokenizer,
  reference: ReferenceTokenizer,
  texts: readonly string[],
  options: { specials?: 'parse' | 'text' } = {},
): Promise<void> {
  const differences: string[] = []
  const note = (what: string, text: string, ours: unknown, theirs: unknown) => {
    differences.push(
      `${what} of ${visible(text.slice(0, 300))}: ours ${String(ours)}, theirs ${String(theirs)}`,
    )
  }
  for (const text of texts) {
    const ours = tokenizer.encode(text, options)
    const theirs = await reference.encode(text.toWellFormed())
    if (!same(ours, theirs)) note('ids', text, around(ours, theirs), around(Array.from(theirs), ours))
    const count = tokenizer.count(text, options)
    if (count !== ours.length) note('count', text, count, ours.length)
    const decoded = tokenizer.decode(ours)
    const expected = await reference.decode(ours)
    if (decoded !== expected) note('text', text, visible(decoded), visible(expected))
  }
  expect(differences.length, differences.slice(0, 5).join('\n')).toBe(0)
}

/** The ids about the first place where two rows differ. */
function around(ids: ArrayLike<number>, other: ArrayLike<number>): string {
  let at = 0
  while (at < ids.length && ids[at] === other[at]) at++
  return `[${at}…] ${Array.from(ids).slice(Math.max(0, at - 2), at + 6)}`
}

/** decode(encode(x)) = x for text without lone surrogates. */
export function expectLossless(tokenizer: Tokenizer, texts: readonly string[]): void {
  for (const text of texts) {
    const whole = text.toWellFormed()
    const ids = tokenizer.encode(whole, { specials: 'text', template: false })
    expect(tokenizer.decode(ids), visible(whole)).toBe(whole)
  }
}
