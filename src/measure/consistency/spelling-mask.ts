// Every way to spell a word in tokens, as an automaton: which token would complete one of them. A sampler that
// forbids those tokens cannot put the word back in other ids (the paper's intervention, section on masking; there
// whole start pieces are forbidden, which loses real replacements that begin alike). The state is the set of
// places in the spelled strings that the tokens so far have come to, so that no path is ever listed.
import { utf8Encode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { TokenTable } from './token-table.ts'

/** Places in the strings, each as string number and bytes matched; empty: no spelling can come of it any more. */
export type SpellingState = readonly (readonly [string: number, matched: number])[]

export class SpellingMask {
  readonly start: SpellingState
  private readonly strings: readonly Uint8Array[]
  private readonly table: TokenTable

  /** The word as it stands, and behind a space or a line break. */
  constructor(tokenizer: Tokenizer, word: string, before: readonly string[] = ['', ' ', '\n']) {
    this.table = TokenTable.of(tokenizer)
    this.strings = before.map((blank) => utf8Encode(blank + word))
    this.start = word === '' ? [] : this.strings.map((_, i) => [i, 0] as const)
  }

  /** Whether this token would complete a spelling of the word. */
  forbids(state: SpellingState, id: number): boolean {
    return this.step(state, id).some(([string, matched]) => matched === this.strings[string]!.length)
  }

  /** The state after a token. */
  step(state: SpellingState, id: number): SpellingState {
    if (state.length === 0 || this.table.isSpecial(id)) return []
    const bytes = this.table.bytesOf(id)
    if (bytes.length === 0) return state
    return state.flatMap(([string, matched]) => {
      const spelled = this.strings[string]!
      const end = matched + bytes.length
      if (end > spelled.length) return []
      for (let i = 0; i < bytes.length; i++) if (bytes[i] !== spelled[matched + i]) return []
      return [[string, end] as const]
    })
  }
}
