// The audit of a vocabulary, before any text is seen: what it holds that no text can use, that is no text by
// itself, that a reader cannot tell apart, or that training hardly met; and how many of its words can be spelled
// in each of the paper's eight ways. Terms as in Land & Bartolo 2024 and Ayoobi et al. 2026.
import type { LongWork } from '../../core/index.ts'
import { throwIfCancelled, utf8Encode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { ARTIFACTS, classifyEdit, type ArtifactType } from './classify.ts'
import { shortestEncodings } from './encodings.ts'
import { mergeStructure } from './merge-structure.ts'
import { pause } from './pause.ts'
import { reachability, type Reachability } from './reachability.ts'
import { TokenTable } from './token-table.ts'
import { twinsOf, type Twins } from './twins.ts'
import { utf8Shape } from './utf8-shape.ts'

/** A token counts as an intermediate of merging when at most this share of it is estimated to be left. */
const MOST_RESIDUE = 0.05
/** Words of the vocabulary that are respelled; more are thinned out evenly. */
const MOST_WORDS = 20_000

export interface ArtifactCount {
  /** Words (tokens that are a space and letters) that can be respelled in this way. */
  words: number
  example: { original: number[]; respelled: number[] } | null
}

export interface Intermediate {
  id: number
  /** The one token that merging makes of it. */
  heir: number
  /** Estimated share of its occurrences that is left to it. */
  residue: number
}

export interface VocabularyAudit {
  /** Tokens of the model; special and added ones are counted apart. */
  tokens: number
  specialTokens: number
  addedTokens: number
  reachability: Reachability
  /** Tokens that are no UTF-8 text by themselves, in id order; `never`: in no UTF-8 text at all. */
  partial: { ids: number[]; never: number[] }
  twins: Twins
  /** Used by exactly one later merge, which took nearly all of them; null: the model has no merges. */
  intermediates: Intermediate[] | null
  /** Placeholders by their names (`<unused7>`, `<|reserved_3|>`). */
  reserved: number[]
  artifacts: { words: number; types: Record<ArtifactType, ArtifactCount> }
}

/** Seconds for 200,000 tokens. Throws CANCELLED. */
export async function auditVocabulary(tokenizer: Tokenizer, work: LongWork = {}): Promise<VocabularyAudit> {
  const table = TokenTable.of(tokenizer)
  const { vocab } = tokenizer.spec.model
  const structure = await mergeStructure(tokenizer, work)
  const partial: VocabularyAudit['partial'] = { ids: [], never: [] }
  for (const id of table.order.toSorted()) {
    const shape = utf8Shape(table.bytesOf(id))
    if (shape === 'part') partial.ids.push(id)
    if (shape === 'never') partial.never.push(id)
  }
  const specials = tokenizer.spec.addedTokens.filter((token) => token.special)
  return {
    tokens: countTokens(table, vocab.size, (id) => vocab.has(id)),
    specialTokens: specials.length,
    addedTokens: tokenizer.spec.addedTokens.length - specials.length,
    reachability: await reachability(tokenizer, { ...work, structure }),
    partial,
    twins: await twinsOf(tokenizer, work),
    intermediates: structure && intermediatesOf(table, structure),
    reserved: reservedOf(tokenizer, table),
    artifacts: await artifactsOf(tokenizer, table, work),
  }
}

function countTokens(table: TokenTable, size: number, has: (id: number) => boolean): number {
  let tokens = 0
  for (let id = 0; id < size; id++) if (has(id) && !table.isSpecial(id) && !table.isAdded(id)) tokens++
  return tokens
}

type Structure = NonNullable<Awaited<ReturnType<typeof mergeStructure>>>

/** Sorted by the length of the token, so that fragments of long words come first. */
function intermediatesOf(table: TokenTable, { rank, uses, residue, heir }: Structure): Intermediate[] {
  const found: Intermediate[] = []
  for (let id = 0; id < rank.length; id++) {
    if (rank[id] === 0 || uses[id] !== 1 || residue[id]! > MOST_RESIDUE) continue
    // Half a character is no fragment of a word; it is reported as undecodable.
    if (utf8Shape(table.bytesOf(id)) === 'whole') found.push({ id, heir: heir[id]!, residue: residue[id]! })
  }
  return found.sort((a, b) => table.lengthOf(b.id) - table.lengthOf(a.id) || a.id - b.id)
}

const RESERVED = /^[<[|{].*(?:unused|reserved|placeholder|extra[_-]?id|dummy|pad_token_\d).*[>\]|}]$/i

function reservedOf(tokenizer: Tokenizer, table: TokenTable): number[] {
  const ids = new Set<number>()
  for (const token of tokenizer.spec.addedTokens) if (RESERVED.test(token.content)) ids.add(token.id)
  for (const id of table.order) {
    const first = table.bytes[table.offsets[id]!]!
    const looksLike = first === 0x3c || first === 0x5b || first === 0x7b || first === 0x7c
    if (looksLike && table.lengthOf(id) > 6 && RESERVED.test(table.textOf(id))) ids.add(id)
  }
  return [...ids].sort((a, b) => a - b)
}

/** The paper's taxonomy found in the vocabulary: each one-token word, respelled in the ways there are. */
async function artifactsOf(
  tokenizer: Tokenizer,
  table: TokenTable,
  work: LongWork,
): Promise<VocabularyAudit['artifacts']> {
  const all = Array.from(table.order).filter((id) => {
    const bytes = table.bytesOf(id)
    return bytes.length > 3 && bytes[0] === 0x20 && /^ \p{L}{3,}$/u.test(table.textOf(id))
  })
  const step = Math.max(1, all.length / MOST_WORDS)
  const words = Array.from({ length: Math.min(all.length, MOST_WORDS) }, (_, i) => all[Math.floor(i * step)]!)
  const types = Object.fromEntries(
    ARTIFACTS.map(({ type }) => [type, { words: 0, example: null }]),
  ) as unknown as Record<ArtifactType, ArtifactCount>
  const space = table.spelling(utf8Encode(' '))[0]
  const newline = table.spelling(utf8Encode('\n'))[0]
  for (const [n, id] of words.entries()) {
    if (n % 256 === 0) {
      throwIfCancelled(work.signal)
      work.onProgress?.({ stage: 'respelling words', done: n, total: words.length, unit: 'items' })
      await pause()
    }
    const bytes = table.bytesOf(id)
    const bare = bytes.subarray(1)
    const shortest = shortestEncodings(tokenizer, bare, 6)
    const ways: number[][] = [
      ...shortest.map((ids) => Array.from(ids)),
      ...shortestEncodings(tokenizer, bytes, 4).map((ids) => Array.from(ids)),
    ]
    if (space !== undefined) ways.push([space, id])
    if (newline !== undefined && shortest.length > 0) ways.push([newline, ...shortest[0]!])
    const met = new Set<ArtifactType>()
    for (const respelled of ways) {
      const { type } = classifyEdit([id], respelled, tokenizer)
      if (type === null || met.has(type)) continue
      met.add(type)
      types[type].words++
      types[type].example ??= { original: [id], respelled }
    }
  }
  return { words: words.length, types }
}
