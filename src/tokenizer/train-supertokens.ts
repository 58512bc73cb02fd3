// Training of tokens that span several words, from a corpus to a tokenizer in hand. As with plain training,
// the trainers are loaded when they are called for.
import { createTokenizer } from './tokenizer.ts'
import type { TokenizerSpec } from './spec.ts'
import type { Corpus } from './train/count-words.ts'
import type { SupertokenOptions, SupertokenReport } from './train/supertokens/train-supertokens.ts'
import type { TwoStageOptions, TwoStageReport } from './train/supertokens/train-two-stage.ts'
import type { Tokenizer } from './types.ts'

export type { SupertokenOptions, SupertokenReport } from './train/supertokens/train-supertokens.ts'
export type { TwoStageOptions, TwoStageReport } from './train/supertokens/train-two-stage.ts'
export type { LengthRange } from './train/supertokens/chunk-lengths.ts'

/**
 * Supertokens (tokenadapt, arXiv 2505.09738): BPE learned on randomly cut chunks, used on whole texts.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary size below the alphabet),
 * TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainSupertokensSpec(
  corpus: Corpus,
  options: SupertokenOptions = {},
): Promise<{ spec: TokenizerSpec; report: SupertokenReport }> {
  const trainer = await import('./train/supertokens/index.ts')
  return trainer.trainSupertokensSpec(corpus, options)
}

/** As `trainSupertokensSpec`, to a tokenizer in hand. */
export async function trainSupertokens(
  corpus: Corpus,
  options: SupertokenOptions = {},
): Promise<Tokenizer & { readonly report: SupertokenReport }> {
  const { spec, report } = await trainSupertokensSpec(corpus, options)
  return Object.assign(createTokenizer(spec), { report })
}

/**
 * Two-stage BPE: words up to `transition` tokens, then across words; used on whole texts, all merges by rank
 * (SuperBPE's rule). Throws what `trainBpeSpec` throws.
 */
export async function trainTwoStageSpec(
  corpus: { files: string | readonly string[] } | readonly (string | Uint8Array)[],
  options: TwoStageOptions = {},
): Promise<{ spec: TokenizerSpec; report: TwoStageReport }> {
  const trainer = await import('./train/supertokens/index.ts')
  return trainer.trainTwoStageSpec(corpus, options)
}

/** As `trainTwoStageSpec`, to a tokenizer in hand. */
export async function trainTwoStage(
  corpus: { files: string | readonly string[] } | readonly (string | Uint8Array)[],
  options: TwoStageOptions = {},
): Promise<Tokenizer & { readonly report: TwoStageReport }> {
  const { spec, report } = await trainTwoStageSpec(corpus, options)
  return Object.assign(createTokenizer(spec), { report })
}
