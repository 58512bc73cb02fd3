// What the experiment writes to `result.json`, beside its rows.
import type { ExperimentResult, Spread } from '../experiment/result.ts'

/** Over seeds, which put the texts into other batches. */
export interface OverSeeds extends Spread {
  mean: number
}

/** One language under one base tokenizer, in batches of 32, merged as far as pretokens allow. */
export interface LanguageResult {
  language: string
  base: string
  texts: number
  /** Tokens of a text on average under the base tokenizer. */
  baseLength: number
  /** Part of the base tokens that full merging saves. */
  reduction: OverSeeds
  /** Part of the base tokens that is saved at 40 % of the way. */
  atForty: OverSeeds
  /** Merges that 40 % of the way takes. */
  mergesAtForty: number
}

/** Tokens of a text after some merges. */
export interface SweepResult {
  what: string
  base: string
  language: string
  /** As `[merges, tokens of a text]`; the last is after all merges. */
  points: (readonly [merges: number, length: number])[]
}

export type DynamicTokenizationResult = ExperimentResult<{
  settings: { batchSize: number; seeds: number; bases: readonly string[] }
  languages: LanguageResult[]
  batchSizes: SweepResult[]
  boundaries: SweepResult[]
  /** Merges against average length of the speeches, batches of 32: read backwards it gives merges for a target. */
  table: { base: string; lengths: number[] }[]
}>
