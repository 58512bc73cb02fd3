// What the Studio and its server say to each other about training: runs, the sizes there are, and the events of
// a run that is under way. Everything here is JSON.
import type { ErrorCode } from '../../core/index.ts'

export type SizeName = 'tiny' | 'small' | 'medium' | 'base'

/** A size of model, with how long its usual run takes on this machine. */
export interface SizeOffer {
  name: SizeName
  /** Parameters with the vocabulary as large as asked for. */
  parameters: number
  vocabSize: number
  dim: number
  layers: number
  heads: number
  /** Tokens of a row, rows of a batch. */
  time: number
  rows: number
  steps: number
  /** Peak learning rate. */
  rate: number
  /** Tokens per second on this machine; null until it was measured. */
  tokensPerSecond: number | null
  /** Where that figure comes from. */
  measured: 'probe' | 'scaled' | 'run' | null
}

export interface SampleOffer {
  id: string
  name: string
  /** What it is, and its licence. */
  about: string
  bytes: number
}

export type CorpusChoice =
  { kind: 'sample'; id: string } | { kind: 'texts'; texts: readonly { name: string; text: string }[] }

export interface StartRequest {
  name: string
  size: SizeName
  corpus: CorpusChoice
  steps: number
  seed: number
  rate: number
}

/** `interrupted`: the server ended while it ran; like `stopped`, it goes on from its checkpoint. */
export type RunState = 'running' | 'stopping' | 'stopped' | 'interrupted' | 'finished' | 'failed'

export interface RunProblem {
  code: ErrorCode | 'UNEXPECTED'
  message: string
}

export interface RunModel {
  parameters: number
  vocabSize: number
  trainTokens: number
  heldOutTokens: number
  /** What gzip -9 needs for the held-out text. */
  gzipBitsPerByte: number
}

export interface RunSummary {
  id: string
  name: string
  size: SizeName
  seed: number
  rate: number
  state: RunState
  /** What it does now, in words: `training the tokenizer`. */
  stage: string
  step: number
  steps: number
  created: string
  corpus: { name: string; bytes: number; documents: number }
  /** Known once the tokenizer is trained. */
  model: RunModel | null
  tokensPerSecond: number
  /** The newest, on text that training does not see. */
  bitsPerByte: number | null
  problem: RunProblem | null
}

export interface Evaluation {
  step: number
  /** Mean training loss since the evaluation before, nats per token. */
  loss: number
  bitsPerByte: number
}

/** What the model writes after the beginning of a text that it has not read. */
export interface TextSample {
  step: number
  prompt: string
  text: string
}

/** Everything known about a run. */
export interface RunDetail extends RunSummary {
  /** Step and loss in nats per token. */
  losses: readonly (readonly [step: number, loss: number])[]
  evaluations: readonly Evaluation[]
  samples: readonly TextSample[]
}

export type RunEvent =
  /** First on every connection, and whenever the run goes back to a checkpoint. */
  | { kind: 'detail'; run: RunDetail }
  | { kind: 'summary'; run: RunSummary }
  | { kind: 'losses'; losses: readonly (readonly [step: number, loss: number])[] }
  | { kind: 'evaluation'; evaluation: Evaluation }
  | { kind: 'sample'; sample: TextSample }

export interface TrainingOverview {
  runs: readonly RunSummary[]
  sizes: readonly SizeOffer[]
  samples: readonly SampleOffer[]
  /** Where runs are kept. */
  folder: string
  threads: number
}

/** A file of a run that can be saved. */
export interface ExportOffer {
  file: string
  about: string
}
