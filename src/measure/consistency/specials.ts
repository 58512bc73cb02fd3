// Special tokens that somebody typed. Where text is encoded with special tokens parsed (the default of most
// model files), a user who types `<|im_end|>` ends the turn. Found here: which texts hold such strings, and which
// ids they become. Added tokens that are not special (`<think>` in some vocabularies) are parsed in any case.
import type { AddedToken, Tokenizer } from '../../tokenizer/index.ts'

export interface Injection {
  token: AddedToken
  /** Times the id comes out of encoding the text with special tokens parsed. */
  count: number
  /** UTF-16 offset of the first place where the string stands. */
  at: number
}

/** Looks through texts for the strings of added tokens; built once per tokenizer. */
export class SpecialFinder {
  private readonly tokenizer: Tokenizer
  private readonly byId = new Map<number, AddedToken>()
  /** Contents of added tokens by their first character, and the lengths they have. */
  private readonly byFirst = new Map<string, { contents: Set<string>; lengths: Set<number> }>()
  /** Some token matches normalized text: its string need not stand in the text as it is. */
  private readonly always: boolean

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer
    const tokens = tokenizer.spec.addedTokens.filter((token) => token.content !== '')
    for (const token of tokens) {
      this.byId.set(token.id, token)
      const first = token.content[0]!
      if (!this.byFirst.has(first)) this.byFirst.set(first, { contents: new Set(), lengths: new Set() })
      const { contents, lengths } = this.byFirst.get(first)!
      contents.add(token.content)
      lengths.add(token.content.length)
    }
    this.always = tokens.some((token) => token.normalized && tokenizer.spec.normalizer !== null)
  }

  /** The added tokens that a text's ids have when special tokens are parsed, most frequent first. */
  find(text: string): Injection[] {
    if (!this.always && !this.mayHave(text)) return []
    const counts = new Map<number, number>()
    for (const id of this.tokenizer.encode(text, { specials: 'parse', template: false })) {
      if (this.byId.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    return [...counts]
      .map(([id, count]) => {
        const token = this.byId.get(id)!
        return { token, count, at: Math.max(0, text.indexOf(token.content)) }
      })
      .sort((a, b) => b.count - a.count || a.token.id - b.token.id)
  }

  private mayHave(text: string): boolean {
    for (const [first, { contents, lengths }] of this.byFirst) {
      for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
        for (const length of lengths) if (contents.has(text.slice(at, at + length))) return true
      }
    }
    return false
  }
}
