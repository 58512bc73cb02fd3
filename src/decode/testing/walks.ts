// Texts that random tokens spell under a constraint: each token is drawn from those that the mask allows.
import { expect } from 'vitest'
import { Random, utf8Decode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { compileConstraint, type Constraint, type ConstraintSpec } from '../constraint/constraint.ts'

export class Walks {
  readonly tokenizer: Tokenizer
  /** What each token spells; null for special ones. */
  readonly bytes: readonly (Uint8Array | null)[]

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer
    this.bytes = Array.from({ length: tokenizer.vocabSize }, (_, id) => {
      const { bytes, special } = tokenizer.info(id)
      return special ? null : bytes
    })
  }

  allowedBy(mask: Uint32Array): number[] {
    return [...this.bytes.keys()].filter((id) => ((mask[id >> 5]! >>> (id & 31)) & 1) === 1)
  }

  /** Random tokens until the text is whole and an end is drawn, or `most` tokens. */
  walk(constraint: Constraint, random: Random, most = 300): { text: string; whole: boolean } {
    let state = constraint.start
    const parts: Uint8Array[] = []
    for (let i = 0; i < most && !state.complete; i++) {
      // Short texts end, long ones want to.
      if (state.accepting && random.int(i > 60 ? 2 : 6) === 0) break
      let allowed = this.allowedBy(state.mask())
      expect(allowed.length).toBeGreaterThan(0)
      // Closing marks more often than their share, so that structures end.
      const closing = allowed.filter((id) => /^["\]},]+$/.test(utf8Decode(this.bytes[id]!)))
      if (closing.length > 0 && random.int(3) === 0) allowed = closing
      const id = random.pick(allowed)
      parts.push(this.bytes[id]!)
      state = state.next(id)
    }
    return { text: utf8Decode(Buffer.concat(parts)), whole: state.accepting }
  }

  /** Walks with many seeds; gives the whole texts, of which there must be some. */
  texts(spec: ConstraintSpec, count = 40): string[] {
    const constraint = compileConstraint(spec, this.tokenizer)
    const found: string[] = []
    for (let seed = 0; seed < count; seed++) {
      const { text, whole } = this.walk(constraint, new Random(seed))
      expect(constraint.accepts(text)).toBe(whole)
      if (whole) found.push(text)
    }
    expect(found.length).toBeGreaterThan(count / 4)
    return found
  }
}
