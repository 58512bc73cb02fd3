// All token sequences that spell the same bytes. Decoding is many-to-one: N(i) = Σ N(i − |t|) over the tokens t
// that end at byte i, N(0) = 1 (Ayoobi et al. 2026, section on non-uniqueness). The count grows exponentially
// with the length, so it is exact as a BigInt and has a logarithm for long texts.
import { TesseraError, utf8Encode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { TokenTable } from './token-table.ts'

/** Most bytes of a text whose encodings are counted exactly or listed. */
const MOST_BYTES = 4096
/** Partial encodings that the search for short ones may hold. */
const MOST_OPEN = 200_000

function bytesOf(text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === 'string' ? utf8Encode(text) : text
  if (bytes.length > MOST_BYTES) {
    throw new TesseraError('ARGUMENT_INVALID', `${bytes.length} bytes; at most ${MOST_BYTES} are taken`, {
      where: 'text',
      hint: 'Ask about single words, or use logEncodings for long texts',
    })
  }
  return bytes
}

/**
 * Number of id sequences whose tokens spell exactly these bytes (in the middle of a text; special tokens left
 * out). 0 when the vocabulary cannot spell them. Throws ARGUMENT_INVALID beyond 4,096 bytes.
 */
export function countEncodings(tokenizer: Tokenizer, text: string | Uint8Array): bigint {
  const bytes = bytesOf(text)
  const table = TokenTable.of(tokenizer)
  const n = bytes.length
  // Doubles are exact below 2^53, and almost every word stays there.
  const counts = new Float64Array(n + 1)
  counts[0] = 1
  for (let i = 0; i < n; i++) {
    const here = counts[i]!
    if (here !== 0) table.prefixes(bytes, i, n, (_, end) => (counts[end]! += here))
  }
  if (counts.every((count) => count <= Number.MAX_SAFE_INTEGER)) return BigInt(counts[n]!)
  const exact = Array.from({ length: n + 1 }, () => 0n)
  exact[0] = 1n
  for (let i = 0; i < n; i++) {
    const here = exact[i]!
    if (here !== 0n) table.prefixes(bytes, i, n, (_, end) => (exact[end]! += here))
  }
  return exact[n]!
}

/** Base-2 logarithm of the number of encodings of a text of any length; -Infinity for none. */
export function logEncodings(tokenizer: Tokenizer, text: string | Uint8Array): number {
  const bytes = typeof text === 'string' ? utf8Encode(text) : text
  const table = TokenTable.of(tokenizer)
  const n = bytes.length
  // Scaled doubles: every value stands for value · 2^shift, and all are divided when one grows too large.
  const counts = new Float64Array(n + 1)
  counts[0] = 1
  let shift = 0
  for (let i = 0; i < n; i++) {
    const here = counts[i]!
    if (here === 0) continue
    table.prefixes(bytes, i, n, (_, end) => (counts[end]! += here))
    if (here > 2 ** 500) {
      // Nothing is counted yet beyond the longest token from here.
      const reach = Math.min(n, i + table.longest)
      for (let k = i; k <= reach; k++) counts[k]! *= 2 ** -500
      shift += 500
    }
  }
  return counts[n] === 0 ? -Infinity : Math.log2(counts[n]!) + shift
}

/**
 * Up to `most` encodings of the bytes, those of fewest tokens first and, among these, those with longer first
 * tokens. Throws ARGUMENT_INVALID beyond 4,096 bytes.
 */
export function shortestEncodings(tokenizer: Tokenizer, text: string | Uint8Array, most = 10): Uint32Array[] {
  const bytes = bytesOf(text)
  const table = TokenTable.of(tokenizer)
  const n = bytes.length
  if (n === 0 || most < 1) return []
  const edges: { id: number; end: number }[][] = Array.from({ length: n }, () => [])
  /** `[n + 1]` fewest tokens from a byte to the end. */
  const left = new Float64Array(n + 1).fill(Infinity)
  left[n] = 0
  for (let i = n - 1; i >= 0; i--) {
    table.prefixes(bytes, i, n, (id, end) => {
      if (left[end] === Infinity) return
      edges[i]!.push({ id, end })
      left[i] = Math.min(left[i]!, left[end]! + 1)
    })
    edges[i]!.reverse()
  }
  if (left[0] === Infinity) return []
  // Best first: open encodings lie in one stack per total length, and a longer total is opened only when all
  // shorter ones are used up. Within a stack the last one in is the one with the longest tokens so far.
  const stacks: Open[][] = []
  let open = 0
  const put = (item: Open): void => {
    if (open >= MOST_OPEN) return
    open++
    ;(stacks[item.tokens + left[item.at]!] ??= []).push(item)
  }
  put({ at: 0, tokens: 0, id: 0, before: null })
  const found: Uint32Array[] = []
  for (let total = 0; total < stacks.length && found.length < most; total++) {
    for (let item = stacks[total]?.pop(); item && found.length < most; item = stacks[total]!.pop()) {
      open--
      if (item.at === n) {
        found.push(idsOf(item))
        continue
      }
      const next = edges[item.at]!
      for (let k = next.length - 1; k >= 0; k--) {
        put({ at: next[k]!.end, tokens: item.tokens + 1, id: next[k]!.id, before: item })
      }
    }
  }
  return found
}

interface Open {
  at: number
  tokens: number
  id: number
  before: Open | null
}

function idsOf(end: Open): Uint32Array {
  const ids = new Uint32Array(end.tokens)
  for (let item = end; item.before; item = item.before) ids[item.tokens - 1] = item.id
  return ids
}

export interface WordEncodings {
  word: string
  /** Encodings of the word as it stands behind a bracket or at the start of a line. */
  count: bigint
  /** Encodings of the word with a space before it. */
  spacedCount: bigint
  /** The tokenizer's own ids of the word alone and of the spaced word behind another one. */
  canonical: Uint32Array
  spacedCanonical: Uint32Array
  /** Shortest other encodings of the word, then of the spaced word. */
  alternatives: Uint32Array[]
  spacedAlternatives: Uint32Array[]
}

/** The paper's audit of one word: its encodings with and without a space, and the shortest other ones. */
export function wordEncodings(tokenizer: Tokenizer, word: string, most = 5): WordEncodings {
  const of = (text: string) => {
    const spellings = shortestEncodings(tokenizer, text, most + 1)
    const canonical = canonicalSpelling(tokenizer, text)
    const alternatives = spellings.filter((ids) => !sameIds(ids, canonical)).slice(0, most)
    return { count: countEncodings(tokenizer, text), canonical, alternatives }
  }
  const bare = of(word)
  const spaced = of(` ${word}`)
  return {
    word,
    count: bare.count,
    spacedCount: spaced.count,
    canonical: bare.canonical,
    spacedCanonical: spaced.canonical,
    alternatives: bare.alternatives,
    spacedAlternatives: spaced.alternatives,
  }
}

/**
 * The ids that the tokenizer gives for a text inside of others: encoded behind a newline, whose ids are taken
 * away again where that leaves an encoding of the text; else encoded alone.
 */
export function canonicalSpelling(tokenizer: Tokenizer, text: string): Uint32Array {
  const how = { specials: 'text', template: false } as const
  const alone = tokenizer.encode(text, how)
  const table = TokenTable.of(tokenizer)
  const wanted = utf8Encode(text)
  if (spells(table, alone, wanted)) return alone
  for (const before of ['\n', '(', '.']) {
    const skipped = tokenizer.encode(before, how).length
    const behind = tokenizer.encode(before + text, how).subarray(skipped)
    if (spells(table, behind, wanted)) return behind.slice()
  }
  return alone
}

/** Whether the ids' bytes are exactly these. */
function spells(table: TokenTable, ids: ArrayLike<number>, bytes: Uint8Array): boolean {
  let at = 0
  for (let i = 0; i < ids.length; i++) {
    const from = table.offsets[ids[i]!]!
    const length = table.lengthOf(ids[i]!)
    for (let k = 0; k < length; k++) if (table.bytes[from + k] !== bytes[at + k]) return false
    at += length
  }
  return at === bytes.length
}

export function sameIds(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
