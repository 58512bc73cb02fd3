// The sizes of model that the Studio offers: from one that learns something within seconds to the size of the
// model that ships. All are Llamas with tied embeddings and a byte-level BPE trained on the same text.
import type { DecoderConfig, ModelSize } from '../../model/index.ts'
import type { SizeName } from './protocol.ts'

export interface Size {
  name: SizeName
  vocabSize: number
  dim: number
  layers: number
  heads: number
  hidden: number
  time: number
  rows: number
  steps: number
  rate: number
}

export const SIZES: readonly Size[] = [
  {
    name: 'tiny',
    vocabSize: 512,
    dim: 64,
    layers: 2,
    heads: 4,
    hidden: 176,
    time: 64,
    rows: 8,
    steps: 400,
    rate: 1e-2,
  },
  {
    name: 'small',
    vocabSize: 1024,
    dim: 128,
    layers: 3,
    heads: 4,
    hidden: 344,
    time: 128,
    rows: 8,
    steps: 800,
    rate: 8e-3,
  },
  {
    name: 'medium',
    vocabSize: 2048,
    dim: 192,
    layers: 4,
    heads: 4,
    hidden: 512,
    time: 256,
    rows: 8,
    steps: 1500,
    rate: 5e-3,
  },
  {
    name: 'base',
    vocabSize: 4096,
    dim: 256,
    layers: 6,
    heads: 4,
    hidden: 688,
    time: 512,
    rows: 8,
    steps: 4000,
    rate: 4e-3,
  },
]

export function sizeOf(name: SizeName): Size {
  return SIZES.find((size) => size.name === name)!
}

export function modelSizeOf({ dim, layers, heads, hidden, time }: Size): ModelSize {
  return { dim, layers, heads, kvHeads: heads, hidden, maxPositions: time }
}

/** `end`: the id that closes a text. */
export function configOf(size: Size, vocabSize: number, end: number): DecoderConfig {
  return {
    family: 'llama',
    vocabSize,
    dim: size.dim,
    layers: size.layers,
    heads: size.heads,
    kvHeads: size.heads,
    headDim: size.dim / size.heads,
    hidden: size.hidden,
    epsilon: 1e-5,
    tied: true,
    maxPositions: size.time,
    ropeTheta: 10_000,
    ropeScaling: { kind: 'none' },
    qkvBias: false,
    qkNorm: false,
    slidingWindow: null,
    bos: null,
    eos: [end],
  }
}

export function parametersOf(size: Size, vocabSize = size.vocabSize): number {
  const { dim, layers, hidden } = size
  return vocabSize * dim + layers * (4 * dim * dim + 3 * dim * hidden + 2 * dim) + dim
}

/** Floating-point operations of a token in training: products forwards and, twice, backwards, and attention. */
export function flopsPerToken(size: Size): number {
  return 6 * parametersOf(size) + 12 * size.layers * size.dim * size.time
}
