// What the Model page and its worker say to each other. The model lives in the worker; the page gets what it shows.

/** Where a model's files come from: dropped on the page, or of the Studio's server. */
export type ModelSource =
  | { kind: 'files'; name: string; files: readonly File[] }
  | { kind: 'server'; id: string; name: string; files: readonly { name: string; bytes: number }[] }

export type Device = 'wasm' | 'webgpu'

export interface ModelFacts {
  name: string
  family: string
  parameters: number
  layers: number
  heads: number
  kvHeads: number
  headDim: number
  dim: number
  vocabSize: number
  maxPositions: number
  /** Of the weights as they are kept. */
  bytes: number
  device: Device
  threads: number
  loadMs: number
}

export interface Alternative {
  id: number
  text: string
  /** 0 to 1. */
  probability: number
}

export interface ShownToken {
  id: number
  /** Visible form of its bytes. */
  text: string
  /** Its text ends a line. */
  breaks: boolean
  /** Nats; null where the model was not asked: the first token, and long prompts of large vocabularies. */
  logprob: number | null
  /** The likeliest tokens in its place, before temperature and top-p. */
  alternatives: readonly Alternative[]
  generated: boolean
}

export interface GenerateOptions {
  maxTokens: number
  /** 0: always the likeliest. */
  temperature: number
  topP: number
  seed: number
}

/** A text; or the tokens so far up to one of them, and another in its place. */
export type Prompt = { text: string } | { keep: number; id: number }

export type GenerateEvent =
  /** The prompt has been read. `reused`: slots that the cache had already. */
  | { kind: 'prompt'; tokens: readonly ShownToken[]; reused: number; milliseconds: number }
  | { kind: 'token'; token: ShownToken; milliseconds: number }

export interface Generated {
  reason: 'end' | 'length' | 'context' | 'stopped'
  /** Prompt and what was generated. */
  text: string
  ids: Uint32Array
}

export interface AttentionPart {
  heads: number
  /** Tokens; rows attend to columns. */
  length: number
  /** Probabilities `[heads, length, length]`. */
  weights: Float32Array
}

export interface CacheFacts {
  slots: number
  bytes: number
  bytesPerSlot: number
  /** Of each slot; -1: a hole. */
  positions: Int32Array
}

export type ModelCalls = {
  load: { input: { source: ModelSource; device: Device; threads: number }; output: ModelFacts; event: number }
  generate: {
    input: { prompt: Prompt; options: GenerateOptions }
    output: Generated
    event: GenerateEvent
  }
  /** Ends `generate` after the token that is being computed. */
  stop: { input: null; output: null }
  attention: { input: { layer: number }; output: AttentionPart }
  cache: { input: null; output: CacheFacts }
}
