// What the experiment writes to `result.json` beside the rows that every paper has.
import type { RunEntropy } from '../../measure/index.ts'
import type { ExperimentResult } from '../experiment/result.ts'

/** One number over seeds; the deviation is that of a sample. */
export interface OverSeeds {
  mean: number
  deviation: number
  min: number
  max: number
}

/** A trained tokenizer by scale of its training text, means over seeds. */
export interface ScaleResult {
  model: 'BPE' | 'WordPiece' | 'Unigram'
  trainedOn: string
  trainChars: number
  /** Vocabulary size asked for. */
  size: number
  /** Vocabulary size reached: the text may not have more merges. */
  reached: number
  /** Tokens per character by domain of the held-out text. */
  tokensPerChar: Record<string, OverSeeds>
  /** On held-out text of its own domain: text bits by tokens of log2 (size) bits. */
  ratio: OverSeeds
  /** η and η₂ on the same, by log2 (size). */
  utilisation: OverSeeds
  utilisation2: OverSeeds
  /** Share of held-out documents that do not decode to themselves. */
  lost: number
  /** `[k]` of the first seed's held-out text; null where only counts were taken. */
  entropies: RunEntropy[] | null
}

/** A published tokenizer on the same held-out texts (first seed). */
export interface BoxResult {
  tokenizer: string
  vocabSize: number
  domains: {
    domain: string
    tokensPerChar: number
    ratio: number
    used: number
    utilisation: number
    utilisation2: number
    lost: number
    entropies: RunEntropy[] | null
  }[]
}

export interface ParityResult {
  reference: string
  tokenizers: string[]
  /** `premiums`: `[tokenizers]` tokens by those of the reference. */
  languages: { code: string; name: string; bytePremium: number; premiums: number[] }[]
}

export interface TransformResult {
  domain: string
  tokenizer: string
  size: number
  compressor: string
  form: string
  /** 1 - compressed ids by compressed text. */
  gain: OverSeeds
}

/** Plain and LZ-aware merges chosen on the same text, on held-out text; means over seeds. */
export interface LzResult {
  domain: string
  size: number
  /** Compressed bytes of the held-out text itself. */
  raw: OverSeeds
  plain: { compressed: OverSeeds; tokens: OverSeeds }
  lz: { compressed: OverSeeds; tokens: OverSeeds }
  /** 1 - compressed ids by compressed text. */
  overText: { plain: OverSeeds; lz: OverSeeds }
  /** 1 - LZ-aware by plain. */
  gain: OverSeeds
  moreTokens: OverSeeds
}

export type InformationResult = ExperimentResult<{
  settings: {
    seeds: number[]
    scales: number[]
    sizes: number[]
    comparedSize: number
    testChars: number
    lz: { streamBytes: number; candidates: number; level: number; testChars: number }
  }
  corpora: { name: string; documents: number; chars: number; bytes: number }[]
  trained: ScaleResult[]
  boxes: BoxResult[]
  parity: ParityResult
  transform: TransformResult[]
  lz: LzResult[]
  /** Seconds per merge on this machine: candidates are weighed on all cores, a lone one is not weighed. */
  mergeSeconds: { lz: number; plain: number }
}>
