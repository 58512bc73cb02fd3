// The tokens of a batch as small numbers, and what joining two of them makes. A joined token is known by its
// string, so that one string is one token however the merges came to it; and where the base vocabulary has
// that string, it is that base token. (WordPiece and its like write the inside of words differently from
// their beginning; there a joined token is known by its pieces.)
import type { TokenizerSpec } from '../spec.ts'
import type { Tokenizer } from '../types.ts'
import type { BaseTokens } from './base-tokens.ts'

/** A token of a batch: of the base vocabulary, or made by merges. */
export interface DynamicToken {
  /** As tokenizer.json would write it. */
  readonly token: string
  readonly bytes: Uint8Array
  /** The base token that it is; null for one that the vocabulary does not have. */
  readonly id: number | null
  /** The base tokens of its string, which is what an embedding is predicted from. */
  readonly pieces: Uint32Array
  /** A special or unknown token: it never merges. */
  readonly special: boolean
}

const NEVER = -1
/** Longer tokens are not made, so that what a batch costs is bounded by its length. */
export const LONGEST_TOKEN = 1024

export class Symbols {
  private readonly base: BaseTokens
  private readonly tokenizer: Tokenizer
  private readonly allows: (bytes: Uint8Array) => boolean
  private readonly byString: boolean
  private readonly unknown: number
  private readonly added: ReadonlySet<number>
  private readonly tokens: DynamicToken[] = []
  private readonly ofId = new Map<number, number>()
  private readonly ofKey = new Map<string, number>()
  private readonly joined = new Map<number, number>()

  constructor(base: BaseTokens, allows: (bytes: Uint8Array) => boolean) {
    const { spec } = base.tokenizer
    this.base = base
    this.tokenizer = base.tokenizer
    this.allows = allows
    this.byString = knownByString(spec)
    this.added = new Set(spec.addedTokens.map((token) => token.id))
    this.unknown = unknownId(spec)
  }

  token(symbol: number): DynamicToken {
    return this.tokens[symbol]!
  }

  ofBase(id: number): number {
    let symbol = this.ofId.get(id)
    if (symbol === undefined) {
      const { token, bytes, special } = this.tokenizer.info(id)
      symbol = this.put({
        token,
        bytes,
        id,
        pieces: Uint32Array.of(id),
        special: special || id === this.unknown,
      })
      this.ofId.set(id, symbol)
    }
    return symbol
  }

  /** The symbol that two neighbours make, or -1 when they may not be joined. */
  join(left: number, right: number): number {
    const key = left * 2 ** 26 + right
    let made = this.joined.get(key)
    if (made === undefined) this.joined.set(key, (made = this.make(this.tokens[left]!, this.tokens[right]!)))
    return made
  }

  private make(left: DynamicToken, right: DynamicToken): number {
    if (left.special || right.special || left.bytes.length === 0 || right.bytes.length === 0) return NEVER
    if (left.bytes.length + right.bytes.length > LONGEST_TOKEN) return NEVER
    const bytes = new Uint8Array(left.bytes.length + right.bytes.length)
    bytes.set(left.bytes)
    bytes.set(right.bytes, left.bytes.length)
    if (!this.allows(bytes)) return NEVER
    const token = left.token + right.token
    const pieces = Uint32Array.of(...left.pieces, ...right.pieces)
    const key = this.byString ? token : pieces.join(' ')
    const known = this.ofKey.get(key)
    if (known !== undefined) return known
    let made: number
    const id = this.byString ? this.tokenizer.spec.model.vocab.idOfString(token) : -1
    if (id >= 0 && !this.added.has(id)) made = this.ofBase(id)
    else {
      made = this.put({
        token,
        bytes,
        id: null,
        pieces: this.byString ? this.base.piecesOf(token) : pieces,
        special: false,
      })
    }
    this.ofKey.set(key, made)
    return made
  }

  private put(token: DynamicToken): number {
    this.tokens.push(token)
    return this.tokens.length - 1
  }
}

function knownByString({ model }: TokenizerSpec): boolean {
  if (model.type === 'BPE') return !model.continuingSubwordPrefix && !model.endOfWordSuffix
  return model.type === 'Unigram'
}

/** The unknown token, which stands for text that it does not hold and so joins nothing; -1: there is none. */
function unknownId({ model }: TokenizerSpec): number {
  if (model.type === 'Unigram') return model.unkId ?? -1
  return model.unkToken === null ? -1 : model.vocab.idOfString(model.unkToken)
}
