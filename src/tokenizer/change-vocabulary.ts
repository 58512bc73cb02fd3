// Changing the vocabulary of a tokenizer: less of it, or more. Loaded when it is called for.
import type { Corpus } from './train/count-words.ts'
import type { Tokenizer } from './types.ts'
import type { ExtendOptions, Extended } from './vocabulary/extend.ts'
import type { GrowOptions, GrowReport } from './vocabulary/grow.ts'
import type { Pruned, PruneOptions } from './vocabulary/prune.ts'
import type { TokenizerSpec } from './spec.ts'

/**
 * Drops the tokens that a corpus does not use. A text all of whose tokens are kept is encoded to the same tokens;
 * any other can still be written. `map` has the new id of each old one. Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE
 * (no text), FORMAT_UNSUPPORTED (WordLevel), TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE,
 * CANCELLED.
 */
export async function pruneVocabulary(
  tokenizer: Tokenizer,
  corpus: Corpus,
  options: PruneOptions = {},
): Promise<Pruned> {
  const room = await import('./vocabulary/prune.ts')
  return room.pruneVocabulary(tokenizer, corpus, options)
}

/**
 * Adds tokens behind all others, with the merges (BPE) or scores (Unigram) that make text reach them. No id moves;
 * the report says which tokens no text can reach. Throws ARGUMENT_INVALID.
 */
export async function extendVocabulary(
  tokenizer: Tokenizer,
  tokens: readonly string[],
  options: ExtendOptions = {},
): Promise<Extended> {
  const room = await import('./vocabulary/extend.ts')
  return room.extendVocabulary(tokenizer, tokens, options)
}

/**
 * Adds the `count` tokens that training BPE on a corpus would learn next. No id moves. Throws ARGUMENT_INVALID,
 * FORMAT_UNSUPPORTED (other models), and what training throws.
 */
export async function growVocabulary(
  tokenizer: Tokenizer,
  corpus: Corpus,
  count: number,
  options: GrowOptions = {},
): Promise<{ spec: TokenizerSpec; report: GrowReport }> {
  const room = await import('./vocabulary/grow.ts')
  return room.growVocabulary(tokenizer, corpus, count, options)
}

export type { ExtendOptions, Extended, ExtendReport, AddedEntry } from './vocabulary/extend.ts'
export type { GrowOptions, GrowReport } from './vocabulary/grow.ts'
export type { Pruned, PruneOptions, PruneReport } from './vocabulary/prune.ts'
