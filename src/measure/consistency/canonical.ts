// Canonical ids and their repair. Ids are canonical when encoding their text gives them back; models emit others
// freely. Special and added tokens stay where they are, and the text between them is encoded as text, so that no
// repair turns the spelled-out `<|im_end|>` of a user into the token.
import type { LongWork } from '../../core/index.ts'
import { compareBytes, throwIfCancelled, TesseraError } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { sameIds } from './encodings.ts'
import { TokenTable } from './token-table.ts'

/** A run of ids that is not what the tokenizer gives for its text; the ids around it are. */
export interface NonCanonicalRun {
  /** Range of the given ids. */
  start: number
  end: number
  /** Range of the canonical ids. */
  canonicalStart: number
  canonicalEnd: number
  /** The bytes that both ranges spell. */
  bytes: Uint8Array
}

export interface Canonical {
  ids: Uint32Array
  /** Whether the given ids were canonical already. */
  canonical: boolean
  runs: NonCanonicalRun[]
  /**
   * Parts between special tokens whose text the tokenizer cannot give back (a normalizer changes it, or bytes
   * that are no characters): they are left as they were, for a repair must not change text.
   */
  unrepaired: { start: number; end: number }[]
}

/** The canonical ids of the same text. Throws ID_OUT_OF_RANGE. */
export function canonicalize(tokenizer: Tokenizer, ids: ArrayLike<number>): Canonical {
  const table = TokenTable.of(tokenizer)
  const given = Uint32Array.from(ids)
  const out: number[] = []
  const runs: NonCanonicalRun[] = []
  const unrepaired: { start: number; end: number }[] = []
  for (let at = 0; at < given.length;) {
    let end = at
    while (end < given.length && !isFixed(table, given[end]!)) end++
    if (end === at) {
      if (!(given[at]! < table.size && table.has(given[at]!))) tokenizer.decode([given[at]!])
      out.push(given[at++]!)
      continue
    }
    const part = given.subarray(at, end)
    const repaired = repair(tokenizer, table, part, at === 0)
    if (repaired === null) unrepaired.push({ start: at, end })
    else if (!sameIds(part, repaired)) differences(table, part, repaired, at, out.length, runs)
    for (const id of repaired ?? part) out.push(id)
    at = end
  }
  return {
    ids: Uint32Array.from(out),
    canonical: runs.length === 0 && unrepaired.length === 0,
    runs,
    unrepaired,
  }
}

export function isCanonical(tokenizer: Tokenizer, ids: ArrayLike<number>): boolean {
  return canonicalize(tokenizer, ids).canonical
}

function isFixed(table: TokenTable, id: number): boolean {
  return !(id < table.size && table.has(id)) || table.isSpecial(id) || table.isAdded(id)
}

/** The ids that encoding gives for the text of these, if their text is the same; else null. */
function repair(
  tokenizer: Tokenizer,
  table: TokenTable,
  ids: Uint32Array,
  first: boolean,
): Uint32Array | null {
  const how = { specials: 'text', template: false } as const
  const keep = { skipSpecials: false }
  const encoded = (text: Uint8Array): Uint32Array | null => {
    try {
      return tokenizer.encode(text, how)
    } catch (error) {
      // Bytes that are no characters, for a tokenizer that takes characters only.
      if (error instanceof TesseraError && error.code.startsWith('TEXT_')) return null
      throw error
    }
  }
  const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    compareBytes(tokenizer.decodeBytes(a, keep), tokenizer.decodeBytes(b, keep)) === 0
  const alone = encoded(tokenizer.decodeBytes(ids, keep))
  if (alone && same(alone, ids) && (first || compareBytes(joined(table, alone), joined(table, ids)) === 0)) {
    return alone
  }
  // Behind other tokens nothing is put in front of the text: encode it behind a line and take that away.
  const line = tokenizer.encode('\n', how)
  const spelled = joined(table, ids)
  const text = new Uint8Array(spelled.length + 1)
  text[0] = 0x0a
  text.set(spelled, 1)
  const behind = encoded(text)?.slice(line.length) ?? null
  return behind && compareBytes(joined(table, behind), spelled) === 0 ? behind : null
}

function joined(table: TokenTable, ids: ArrayLike<number>): Uint8Array {
  let length = 0
  for (let i = 0; i < ids.length; i++) length += table.lengthOf(ids[i]!)
  const bytes = new Uint8Array(length)
  let at = 0
  for (let i = 0; i < ids.length; i++) {
    bytes.set(table.bytesOf(ids[i]!), at)
    at += table.lengthOf(ids[i]!)
  }
  return bytes
}

/** Both sequences spell the same bytes: between two boundaries that both have, ids are equal or a run differs. */
function differences(
  table: TokenTable,
  a: Uint32Array,
  b: Uint32Array,
  offsetA: number,
  offsetB: number,
  runs: NonCanonicalRun[],
): void {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      i++
      j++
      continue
    }
    const start = i
    const canonicalStart = j
    let ahead = 0
    do {
      // At a boundary that both have, a run ends as soon as the next ids agree.
      if (ahead <= 0 && i < a.length) ahead += table.lengthOf(a[i++]!)
      else if (j < b.length) ahead -= table.lengthOf(b[j++]!)
      else ahead += table.lengthOf(a[i++]!)
    } while (ahead !== 0 && (i < a.length || j < b.length))
    const previous = runs.at(-1)
    if (previous && previous.end === offsetA + start && previous.canonicalEnd === offsetB + canonicalStart) {
      previous.end = offsetA + i
      previous.canonicalEnd = offsetB + j
      previous.bytes = joined(table, a.subarray(previous.start - offsetA, i))
    } else {
      runs.push({
        start: offsetA + start,
        end: offsetA + i,
        canonicalStart: offsetB + canonicalStart,
        canonicalEnd: offsetB + j,
        bytes: joined(table, a.subarray(start, i)),
      })
    }
  }
}

export interface CanonicityRate {
  sequences: number
  canonical: number
  tokens: number
  /** Tokens inside of non-canonical runs. */
  strayTokens: number
  /** Sequences with a part that could not be judged, since the tokenizer does not give its text back. */
  unrepaired: number
}

/** Canonicity over sequences, such as a model's outputs. Throws ID_OUT_OF_RANGE, CANCELLED. */
export function canonicityRate(
  tokenizer: Tokenizer,
  sequences: Iterable<ArrayLike<number>>,
  { signal }: LongWork = {},
): CanonicityRate {
  const rate: CanonicityRate = { sequences: 0, canonical: 0, tokens: 0, strayTokens: 0, unrepaired: 0 }
  for (const ids of sequences) {
    throwIfCancelled(signal)
    const judged = canonicalize(tokenizer, ids)
    rate.sequences++
    rate.tokens += ids.length
    if (judged.canonical) rate.canonical++
    if (judged.unrepaired.length > 0) rate.unrepaired++
    for (const { start, end } of judged.runs) rate.strayTokens += end - start
  }
  return rate
}
