// What the experiment writes to `result.json`.
import type { ExperimentResult } from '../experiment/result.ts'

/** Of one number per file. */
export interface FileSpread {
  files: number
  mean: number
  deviation: number
  min: number
  median: number
  max: number
}

export interface SizeResult {
  size: number
  /** All bytes of the test files by all their tokens. */
  bytesPerToken: number
  /** Bytes per token of each file. */
  overFiles: FileSpread
  /** Share of the ids that occur in the test files' tokens. */
  vocabularyUsed: number
  /** Entropy of single tokens, in bits per byte of the files. */
  entropyBitsPerByte: number
  /** Of the learned and byte tokens in the vocabulary (special tokens left out). */
  meanTokenBytes: number
  /** Share of the vocabulary's tokens with each length in bytes, from 1 on. */
  shareByLength: number[]
}

/** Bytes per token by size, for a group of files. */
export interface GroupResult {
  name: string
  files: number
  bytes: number
  bytesPerToken: number[]
}

export interface CrossResult {
  trainedOn: string
  trainingBytes: number
  /** Vocabulary size reached. */
  size: number
  bytesPerToken: { ELF: number; PE: number; 'Mach-O': number }
}

export interface BaselineResult {
  name: string
  size: number
  bytesPerToken: { ELF: number; PE: number; 'Mach-O': number }
  note: string
}

export type BinaryBpeResult = ExperimentResult<{
  settings: {
    chunkBytes: number
    maxTokenBytes: number
    minFrequency: number
    /** At most this much of each training file, as chunks drawn by the seed. */
    trainingBytesPerFile: number
    sizes: number[]
  }
  /** `seconds`: of the one training run that gave all sizes. */
  training: { files: number; bytes: number; distinctChunks: number; chunks: number; seconds: number }
  /** Files of the test that decode to exactly the same bytes at every size, of all. */
  lossless: { files: number; of: number }
  family: SizeResult[]
  formats: GroupResult[]
  architectures: GroupResult[]
  /** By kind of section, at the size of `comparedSize` (one number each). */
  kinds: GroupResult[]
  /** Vocabulary size of `kinds`, `cross` and the text vocabulary trained here. */
  comparedSize: number
  cross: CrossResult[]
  baselines: BaselineResult[]
  /** Share of test files that are UTF-8, which is all that a text tokenizer can take as they are. */
  testFilesThatAreText: number
  controls: GroupResult[]
  /** Programs of the machine that ran the experiment; null when it has none in the usual places. */
  machinePrograms: GroupResult | null
  firstMerges: { id: number; hex: string; text: string }[]
  landmarks: { token: string; id: number | null }[]
  files: { name: string; sha256: string; split: 'train' | 'test'; format: string; bytes: number }[]
  /** What the paper trained on. */
  paperScale: string
}>
