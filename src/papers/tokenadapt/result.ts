// What the experiment writes to `result.json`, beside its rows.
import type { ExperimentResult, Spread } from '../experiment/result.ts'
import type { WordCounts } from './words.ts'

export const KINDS = ['plain', 'supertokens', 'two-stage'] as const
export type Kind = (typeof KINDS)[number]

export interface OverSeeds extends Spread {
  mean: number
}

/** Held-out text of one domain under one vocabulary size. */
export interface DomainResult {
  domain: string
  size: number
  /** Bytes of text per token, by kind. */
  bytesPerToken: Record<Kind, OverSeeds>
  /** Bytes per token of a public vocabulary on the same text (first seed). */
  o200k: number
}

export interface SizeResult {
  size: number
  /** Ids reached, by kind (first seed). */
  reached: Record<Kind, number>
  words: Record<Kind, WordCounts>
  /** Seconds to train, by kind (first seed). */
  seconds: Record<Kind, number>
}

export type TokenAdaptResult = ExperimentResult<{
  settings: { sizes: number[]; seeds: number; trainingBytes: number }
  domains: DomainResult[]
  sizes: SizeResult[]
  /** MB of held-out English per second through a supertoken tokenizer of the largest size. */
  encodingSpeed: number
}>
