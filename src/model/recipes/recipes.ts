// How each shipped model is made: sizes, texts, schedule and seed. `tessera pretrain --recipe <name>` follows one.
import type { TextKind } from './texts.ts'

export interface Recipe {
  name: string
  summary: string
  seed: number
  /** Ids of the tokenizer: byte-level BPE of this size trained on the same texts, or the bytes themselves. */
  tokenizer: { kind: 'bpe'; vocabSize: number; of: string } | { kind: 'bytes' }
  dim: number
  layers: number
  heads: number
  kvHeads: number
  hidden: number
  maxPositions: number
  /** Tokens of a row, rows of a batch. */
  time: number
  rows: number
  steps: number
  rate: number
  warmup: number
  fall: number
  /** Shares of the rows. */
  mixture: Record<TextKind, number>
}

const MIXTURE: Recipe['mixture'] = { prose: 0.42, documentation: 0.16, code: 0.34, json: 0.08 }

export const RECIPES: readonly Recipe[] = [
  {
    name: 'tessera-lm',
    summary: 'Llama of 5.8 M parameters on English prose, documentation, TypeScript and JSON',
    seed: 1,
    tokenizer: { kind: 'bpe', vocabSize: 4096, of: 'tessera-lm' },
    dim: 256,
    layers: 6,
    heads: 4,
    kvHeads: 4,
    hidden: 688,
    maxPositions: 512,
    time: 512,
    rows: 8,
    steps: 4000,
    rate: 4e-3,
    warmup: 100,
    fall: 0.4,
    mixture: MIXTURE,
  },
  {
    name: 'tessera-draft',
    summary: 'Llama of 0.9 M parameters with the tokenizer of tessera-lm, to draft for it',
    seed: 1,
    tokenizer: { kind: 'bpe', vocabSize: 4096, of: 'tessera-lm' },
    dim: 128,
    layers: 2,
    heads: 4,
    kvHeads: 4,
    hidden: 344,
    maxPositions: 512,
    time: 512,
    rows: 8,
    steps: 3000,
    rate: 6e-3,
    warmup: 100,
    fall: 0.4,
    mixture: MIXTURE,
  },
  {
    name: 'tessera-byte',
    summary: 'Llama of 4.8 M parameters over bytes, trained with about the same compute',
    seed: 1,
    tokenizer: { kind: 'bytes' },
    dim: 256,
    layers: 6,
    heads: 4,
    kvHeads: 4,
    hidden: 688,
    maxPositions: 1024,
    time: 1024,
    rows: 4,
    steps: 4000,
    rate: 4e-3,
    warmup: 100,
    fall: 0.4,
    mixture: MIXTURE,
  },
]
