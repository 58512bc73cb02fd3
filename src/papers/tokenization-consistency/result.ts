// What the experiment writes to `result.json`, beside its rows.
import type { ArtifactType, CutKind } from '../../measure/index.ts'
import type { ExperimentResult, Spread } from '../experiment/result.ts'

export interface OverSeeds extends Spread {
  mean: number
}

export interface VocabularyResult {
  tokenizer: string
  tokens: number
  /** Of the tokens that are whole characters: those with a twin, by kind and in any way. */
  twins: { any: number; space: number; case: number; normalForm: number }
  unreachable: number
  notMet: number
  undecodable: number
  /** Steps to one longer token; null: no merges. */
  intermediates: number | null
}

export interface TextResult {
  tokenizer: string
  text: string
  words: number
  /** Part of word occurrences whose ids are not the word's commonest in this text. */
  otherEncodings: number
  types: Record<ArtifactType, number>
  /** log2 of the number of encodings of a word with its space, on average over occurrences. */
  meanBits: number
  /** Part of sampled cuts after which earlier ids change, by the place of the cut. */
  instability: Record<CutKind, number | null>
}

/** Random re-encodings of a text (merges dropped at a rate): what canonicity can and cannot see. */
export interface DropoutResult {
  tokenizer: string
  rate: number
  /** Part of sequences (lines) that are still canonical. */
  canonical: OverSeeds
  /** Part of the words whose ids changed and whose text did not: phantom edits by construction. */
  changedWords: OverSeeds
  /** Of these: as many tokens as before, more, fewer. */
  same: number
  more: number
  fewer: number
  /** By type of the paper. */
  types: Record<ArtifactType, number>
  /** Sequences that `canonicalize` gave the original ids back to. */
  repaired: number
}

export type ConsistencyResult = ExperimentResult<{
  settings: { seeds: number; rates: number[]; tokenizers: string[] }
  vocabularies: VocabularyResult[]
  texts: TextResult[]
  dropout: DropoutResult[]
}>
