// Pruning a vocabulary to what a corpus uses. Exact where it matters: a text all of whose tokens are kept has the
// same tokens as before; any other text still can be written, with shorter ones. Whoever has the model's weights
// takes the rows that the map keeps and has a smaller model of the same function on such texts.
import { TesseraError, type LongWork } from '../../core/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { Corpus } from '../train/count-words.ts'
import type { SkippedFile } from '../train/text-check.ts'
import type { Specials, Tokenizer } from '../types.ts'
import { countTokens } from './count-tokens.ts'
import { indispensable, needsOf } from './needs.ts'
import { newIds, renumbered } from './renumber.ts'

export interface PruneOptions extends LongWork {
  /** Keep what is used at least so often. Default 1. */
  minCount?: number
  /** At most so many tokens: the most used ones, with what they are merged from. Default: no limit. */
  vocabSize?: number
  /** Tokens to keep in any case, as tokenizer.json writes them. */
  keep?: readonly string[]
  /** `compact` (default): ids close up, in the same order. `stable`: kept tokens keep their ids, dropped ones leave holes. */
  ids?: 'compact' | 'stable'
  /** How the corpus is encoded. Default: the tokenizer's own way. */
  specials?: Specials
  /** Name of the result. Default: the tokenizer's. */
  name?: string
}

export interface PruneReport {
  files: number
  /** Files that were left out: not text, unreadable, or read already. */
  skipped: SkippedFile[]
  documents: number
  bytes: number
  /** Tokens of the corpus, and those of them that are dropped from the vocabulary. */
  tokens: number
  droppedOccurrences: number
  /** Tokens in use (holes do not count): before, after. */
  size: [number, number]
  /** Kept although not used often enough: what used ones are merged from, characters, special tokens. */
  keptUnused: number
}

export interface Pruned {
  spec: TokenizerSpec
  /** `[old vocabulary size]` new id of each old id, -1 = dropped. */
  map: Int32Array
  report: PruneReport
}

/**
 * Throws ARGUMENT_INVALID (also for a `vocabSize` below what cannot be dropped), TRAINING_IMPOSSIBLE (no text),
 * FORMAT_UNSUPPORTED (WordLevel: a word that is dropped would become unknown), TEXT_NOT_UTF8, FILE_NOT_FOUND,
 * FILE_UNREADABLE, FILE_TOO_LARGE, CANCELLED.
 */
export async function pruneVocabulary(
  tokenizer: Tokenizer,
  corpus: Corpus,
  options: PruneOptions = {},
): Promise<Pruned> {
  const { spec } = tokenizer
  const { minCount = 1, vocabSize = Infinity, keep = [], ids = 'compact' } = options
  if (spec.model.type === 'WordLevel') {
    throw new TesseraError('FORMAT_UNSUPPORTED', 'A WordLevel vocabulary cannot be pruned', {
      where: spec.name,
      hint: 'A word that is dropped would become the unknown token',
    })
  }
  if (!(minCount > 0)) throw invalid('minCount', 'Give a number above 0', minCount)
  if (!(vocabSize >= 1)) throw invalid('vocabSize', 'Give a number of tokens', vocabSize)
  if (ids !== 'compact' && ids !== 'stable') throw invalid('ids', 'Give "compact" or "stable"', ids)

  const kept = new Uint8Array(tokenizer.vocabSize)
  const needs = needsOf(spec.model)
  let size = 0
  const keepAll = (ids: Set<number>): void => {
    size += ids.size
    for (const id of ids) kept[id] = 1
  }
  for (const id of indispensable(spec)) if (id < kept.length) keepAll(needs(id, kept))
  for (const token of keep) {
    const id = tokenizer.idOf(token)
    if (id < 0) throw invalid('keep', 'Name tokens as tokenizer.json writes them', token)
    keepAll(needs(id, kept))
  }
  if (size > vocabSize) {
    throw invalid(
      'vocabSize',
      `${size} tokens cannot be dropped: special tokens, bytes, characters`,
      vocabSize,
    )
  }
  const { counts, ...found } = await countTokens(tokenizer, corpus, options)
  const tokens = counts.reduce((sum, count) => sum + count, 0)
  if (tokens === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to prune by', {
      hint: 'Give files that are not empty',
    })
  }
  const used = Array.from(counts.keys()).filter((id) => counts[id]! >= minCount)
  used.sort((a, b) => counts[b]! - counts[a]! || a - b)
  for (const id of used) {
    const wanted = needs(id, kept)
    if (size + wanted.size <= vocabSize) keepAll(wanted)
  }
  let before = 0
  let droppedOccurrences = 0
  let keptUnused = 0
  const names = new Set(spec.addedTokens.map(({ id }) => id))
  kept.forEach((keep, id) => {
    const exists = spec.model.vocab.has(id) || names.has(id)
    if (exists) before++
    if (exists && keep === 0) droppedOccurrences += counts[id]!
    if (exists && keep === 1 && counts[id]! < minCount) keptUnused++
  })
  const map = newIds(kept, ids)
  return {
    spec: { ...renumbered(spec, map), name: options.name ?? spec.name },
    map,
    report: {
      ...found,
      tokens,
      droppedOccurrences,
      size: [before, size],
      keptUnused,
    },
  }
}

function invalid(where: string, hint: string, value: unknown): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', `${where} is ${JSON.stringify(value)}`, { where, hint })
}
