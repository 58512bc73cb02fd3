// Which tokens can ever be in the ids of a text? Three answers, never mixed up:
// - `reached`: here is a text whose ids contain it;
// - `never`: proven, with the reason;
// - `not met`: it was not in the ids of any text that was tried. No proof: a pre-tokenizer or a normalizer may
//   still let it through somewhere.
// Proofs: merges are local (see merge-structure.ts); a Unigram token must be its own best segmentation; WordPiece
// takes the longest token, so some token must be able to stand in front of it.
// The field calls such tokens unreachable (Land & Bartolo 2024).
import { throwIfCancelled, utf8Decode, utf8Encode, type LongWork } from '../../core/index.ts'
import type { Tokenizer, UnigramModelSpec, WordPieceModelSpec } from '../../tokenizer/index.ts'
import { mergeStructure, type MergeStructure } from './merge-structure.ts'
import { pause } from './pause.ts'
import { TokenTable } from './token-table.ts'
import { completions, utf8Shape } from './utf8-shape.ts'

export type UnreachableReason =
  | 'merges' // merging its own bytes does not give it, so no merging does
  | 'segmentation' // Unigram scores other tokens higher for the same text
  | 'longer token' // WordPiece: whatever stands in front of it, a longer token is taken there
  | 'not UTF-8' // its bytes are in no UTF-8 text
  | 'same bytes' // another id has the same bytes and is taken in its place
  | 'not in the byte alphabet' // a byte-level vocabulary's entry that no bytes map to
  | 'unknown token' // what encode gives for text that it cannot spell; not a piece of text itself

export type Reach =
  | { id: number; verdict: 'reached'; witness: string }
  | { id: number; verdict: 'never'; reason: UnreachableReason }
  | { id: number; verdict: 'not met'; tried: number }

export interface Reachability {
  /** Tokens that were asked about: those of the model, without special and added tokens. */
  tokens: number
  /** Tokens whose own text is encoded as that one token. */
  byOwnText: number
  /** All others, in id order, with their verdicts. */
  others: Reach[]
}

const HOW = { specials: 'text', template: false } as const
/** What stands before and behind a token's text when it is not found alone. */
const AROUND = ['', ' ', 'a', 'A', '1', '\n', '.', "'", '"', '中'] as const
const MOST_COMPLETIONS = 192

/** Throws CANCELLED. */
export async function reachability(
  tokenizer: Tokenizer,
  work: LongWork & { structure?: MergeStructure | null } = {},
): Promise<Reachability> {
  const table = TokenTable.of(tokenizer)
  const structure = work.structure === undefined ? await mergeStructure(tokenizer, work) : work.structure
  const prove = prover(tokenizer, table, structure)
  const search = new WitnessSearch(tokenizer, table)
  const { vocab } = tokenizer.spec.model
  const result: Reachability = { tokens: 0, byOwnText: 0, others: [] }
  let since = 0
  for (let id = 0; id < vocab.size; id++) {
    if (++since >= 2048) {
      since = 0
      throwIfCancelled(work.signal)
      work.onProgress?.({ stage: 'looking for every token', done: id, total: vocab.size, unit: 'items' })
      await pause()
    }
    if (!vocab.has(id) || table.isSpecial(id) || table.isAdded(id)) continue
    result.tokens++
    if (search.alone(id)) {
      result.byOwnText++
      continue
    }
    since += 32
    const reason = prove(id)
    if (reason !== null) {
      result.others.push({ id, verdict: 'never', reason })
      continue
    }
    const { witness, tried } = search.around(id)
    result.others.push(
      witness === null ? { id, verdict: 'not met', tried } : { id, verdict: 'reached', witness },
    )
  }
  return result
}

/** Looks for a text whose ids contain a token. */
class WitnessSearch {
  private readonly tokenizer: Tokenizer
  private readonly table: TokenTable
  private byteTexts: string[] | null = null

  constructor(tokenizer: Tokenizer, table: TokenTable) {
    this.tokenizer = tokenizer
    this.table = table
  }

  /** Whether the token's text, alone or behind a word, is that one token. */
  alone(id: number): boolean {
    const bytes = this.table.bytesOf(id)
    if (bytes.length === 0 || utf8Shape(bytes) !== 'whole') return false
    const text = utf8Decode(bytes)
    return this.has(text, id) || (text.startsWith(' ') && this.has(text.slice(1), id))
  }

  around(id: number): { witness: string | null; tried: number } {
    const bytes = this.table.bytesOf(id)
    let tried = 0
    const shape = utf8Shape(bytes)
    const texts = shape === 'part' ? completions(bytes, MOST_COMPLETIONS) : [utf8Decode(bytes)]
    for (const text of texts) {
      for (const before of shape === 'part' ? ['', 'a'] : AROUND) {
        for (const behind of shape === 'part' ? [''] : AROUND) {
          tried++
          if (this.has(before + text + behind, id)) return { witness: before + text + behind, tried }
        }
      }
    }
    if (bytes.length === 1) {
      for (const text of this.textsOfBytes()) {
        tried++
        if (this.has(text, id)) return { witness: text, tried }
      }
    }
    return { witness: null, tried }
  }

  /** Characters that few vocabularies have, so that byte fallback spells them: a sample of all planes. */
  private textsOfBytes(): string[] {
    if (this.byteTexts) return this.byteTexts
    const texts: string[] = []
    for (let point = 0; point < 0x800; point += 1) texts.push(String.fromCodePoint(point))
    for (let point = 0x800; point < 0x110000; point += point < 0x10000 ? 61 : 1021) {
      if (point < 0xd800 || point > 0xdfff) texts.push(String.fromCodePoint(point))
    }
    return (this.byteTexts = texts)
  }

  private has(text: string, id: number): boolean {
    return this.tokenizer.encode(text, HOW).includes(id)
  }
}

/** Why a token can be in no text, or null when that is not proven. */
function prover(
  tokenizer: Tokenizer,
  table: TokenTable,
  structure: MergeStructure | null,
): (id: number) => UnreachableReason | null {
  const { model } = tokenizer.spec
  const { vocab } = model
  const unknown =
    model.type === 'Unigram' ? model.unkId : model.unkToken === null ? null : vocab.idOfString(model.unkToken)
  const byteTokens = byteTokenIds(tokenizer)
  const segmentation = model.type === 'Unigram' ? unigramProof(model) : null
  const longer = model.type === 'WordPiece' ? wordPieceProof(model) : null
  const wholePieces = model.type === 'BPE' && (model.ignoreMerges || model.merges === null)
  return (id) => {
    if (id === unknown) return 'unknown token'
    if (vocab.literal.has(id)) return 'not in the byte alphabet'
    const raw = vocab.bytesOf(id)
    if (utf8Shape(table.bytesOf(id)) === 'never') return 'not UTF-8'
    if (byteTokens.has(id)) return null
    const twin = vocab.idOf(raw)
    if (twin >= 0 && twin !== id) return 'same bytes'
    if (structure && !wholePieces && structure.merges[id] === 0) return 'merges'
    if (segmentation?.(id)) return 'segmentation'
    return longer?.(id) ? 'longer token' : null
  }
}

/** Tokens `<0x00>` … `<0xFF>`: characters without a token become these, without any merging. */
function byteTokenIds(tokenizer: Tokenizer): Set<number> {
  const { model } = tokenizer.spec
  const ids = new Set<number>()
  if ((model.type === 'BPE' || model.type === 'Unigram') && model.byteFallback) {
    for (let byte = 0; byte < 256; byte++) {
      const id = model.vocab.idOfString(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
      if (id >= 0) ids.add(id)
    }
  }
  return ids
}

/**
 * Whether other tokens spell the same text with a higher score: then the best path never takes this one, in
 * whatever text. Sums of doubles are compared with a margin far above their rounding.
 */
function unigramProof({ vocab, scores }: UnigramModelSpec): (id: number) => boolean {
  return (id) => {
    const bytes = vocab.bytesOf(id)
    const best = new Float64Array(bytes.length + 1).fill(-Infinity)
    best[0] = 0
    for (let i = 0; i < bytes.length; i++) {
      if (best[i] === -Infinity) continue
      for (let end = i + 1; end <= bytes.length; end++) {
        if (end - i === bytes.length) continue
        const token = vocab.idOf(bytes, i, end)
        if (token >= 0) best[end] = Math.max(best[end]!, best[i]! + scores[token]!)
      }
    }
    return best[bytes.length]! > scores[id]! + 1e-6
  }
}

/**
 * Whether no token can stand in front of an inner token (`##ing`): for each token q, some token that is longer
 * than q begins q's text followed by this one's, so that q would not have been taken there.
 */
function wordPieceProof({ vocab, continuingSubwordPrefix }: WordPieceModelSpec): (id: number) => boolean {
  const prefix = utf8Encode(continuingSubwordPrefix)
  const isInner = (bytes: Uint8Array) => prefix.length > 0 && prefix.every((byte, i) => bytes[i] === byte)
  const before = Array.from({ length: vocab.size }, (_, id) => id).filter((id) => vocab.has(id))
  return (id) => {
    const bytes = vocab.bytesOf(id)
    if (!isInner(bytes)) return false
    const rest = bytes.subarray(prefix.length)
    if (rest.length === 0) return true
    const joined = new Uint8Array(vocab.maxTokenBytes + rest.length)
    return before.every((q) => {
      const front = vocab.bytesOf(q)
      joined.set(front)
      joined.set(rest, front.length)
      for (let end = front.length + 1; end <= front.length + rest.length; end++) {
        if (vocab.idOf(joined, 0, end) >= 0) return true
      }
      return false
    })
  }
}
