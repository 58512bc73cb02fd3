// From texts to a language model: tokenizer, token streams, training. Each step is kept in the run's folder, so
// that a run that was stopped goes on.
import { Random, TesseraError } from '../../core/index.ts'
import type { ParameterSpecs } from '../../tensor/index.ts'
import { loadTokenizer, type Tokenizer, trainBpe, writeTokenizerJson } from '../../tokenizer/index.ts'
import type { DecoderConfig } from '../config.ts'
import { familyOf } from '../families/index.ts'
import type { Family } from '../families/family.ts'
import type { HeldOut } from '../train/held-out.ts'
import type { TokenStream } from '../train/token-data.ts'
import {
  trainLanguageModel,
  type TrainedModel,
  type TrainLanguageModelOptions,
} from '../train/train-language-model.ts'

/** One kind of text. */
export interface TextGroup {
  name: string
  train: readonly string[]
  heldOut: readonly string[]
  /** Share of the rows of a batch, relative to the other groups. */
  weight: number
}

/** The sizes of a Llama with tied embeddings. */
export interface ModelSize {
  dim: number
  layers: number
  heads: number
  kvHeads: number
  hidden: number
  maxPositions: number
}

type FromTraining = Pick<
  TrainLanguageModelOptions,
  | 'folder'
  | 'steps'
  | 'rows'
  | 'time'
  | 'seed'
  | 'optimiser'
  | 'rate'
  | 'warmup'
  | 'fall'
  | 'windows'
  | 'patience'
  | 'evaluateEvery'
  | 'saveEvery'
  | 'threads'
  | 'onStep'
  | 'onEvaluation'
  | 'signal'
>

export interface PretrainOptions extends FromTraining {
  name: string
  groups: readonly TextGroup[]
  /** A tokenizer, or the size of a byte-level BPE that is trained on the texts (257: bytes alone). */
  tokenizer: Tokenizer | number
  /** The token between documents. Default: <|endoftext|>, which a given tokenizer must have. */
  endOfText?: string
  size: ModelSize
  /** `texts`, `tokenizer`, `encoding`, `training`. */
  onStage?: (stage: string) => void
  /** Hears what will be trained, and on what, before the first step; what it throws ends the run. */
  onPrepared?: (prepared: Prepared) => void | Promise<void>
}

export interface Prepared {
  family: Family
  config: DecoderConfig
  tokenizer: Tokenizer
  parameters: ParameterSpecs
  streams: readonly TokenStream[]
  heldOut: readonly HeldOut[]
}

export interface Pretrained {
  family: Family
  config: DecoderConfig
  tokenizer: Tokenizer
  trained: TrainedModel
  trainTokens: Record<string, number>
}

const END_OF_TEXT = '<|endoftext|>'
/** Text that a tokenizer is trained on, shared out by weight. */
const TOKENIZER_CHARACTERS = 12e6

/** Throws what training a tokenizer and `trainLanguageModel` throw. */
export async function pretrain(options: PretrainOptions): Promise<Pretrained> {
  const { groups, size, endOfText = END_OF_TEXT, seed, onStage = () => {} } = options
  onStage('tokenizer')
  const tokenizer = await tokenizerOf(options)
  const [end, ...others] = tokenizer.encode(endOfText, { specials: 'parse', template: false })
  if (end === undefined || others.length > 0) {
    throw new TesseraError('ARGUMENT_INVALID', `${endOfText} is no token of ${tokenizer.name}`, {
      hint: 'Name a special token of this tokenizer that ends a text',
    })
  }
  onStage('encoding')
  const streams = groups.map(({ name, train, weight }) => ({
    name,
    ids: streamOf(tokenizer, new Random(seed).shuffle([...train]), end),
    weight,
  }))
  const heldOut = groups
    .filter((group) => group.heldOut.length > 0)
    .map(({ name, heldOut }) => ({ name, ids: streamOf(tokenizer, heldOut, end) }))
  const tokenBytes = Uint16Array.from({ length: tokenizer.vocabSize }, (_, id) =>
    id === end ? 0 : tokenizer.decodeBytes([id]).length,
  )
  const family = familyOf({ architectures: ['LlamaForCausalLM'] })
  const config: DecoderConfig = {
    family: 'llama',
    vocabSize: tokenizer.vocabSize,
    dim: size.dim,
    layers: size.layers,
    heads: size.heads,
    kvHeads: size.kvHeads,
    headDim: size.dim / size.heads,
    hidden: size.hidden,
    epsilon: 1e-5,
    tied: true,
    maxPositions: size.maxPositions,
    ropeTheta: 10_000,
    ropeScaling: { kind: 'none' },
    qkvBias: false,
    qkNorm: false,
    slidingWindow: null,
    bos: null,
    eos: [end],
  }
  const parameters = family.parameters(config)
  await options.onPrepared?.({ family, config, tokenizer, parameters, streams, heldOut })
  onStage('training')
  const trained = await trainLanguageModel({ ...options, family, config, streams, heldOut, tokenBytes })
  const trainTokens = Object.fromEntries(streams.map(({ name, ids }) => [name, ids.length]))
  return { family, config, tokenizer, trained, trainTokens }
}

/** The given one, the one that is in the run's folder already, or a new one, kept there. */
async function tokenizerOf(options: PretrainOptions): Promise<Tokenizer> {
  const { groups, seed, name, folder, tokenizer: wanted, signal } = options
  if (typeof wanted !== 'number') return wanted
  const { readFileBounded, writeFileAtomic } = await import('../../core/node.ts')
  const file = `${folder}/tokenizer.json`
  try {
    return await loadTokenizer(await readFileBounded(file, 1 << 26))
  } catch (cause) {
    if (!(cause instanceof TesseraError) || cause.code !== 'FILE_NOT_FOUND') throw cause
  }
  const total = groups.reduce((sum, { weight }) => sum + weight, 0)
  const texts = groups.flatMap(({ train, weight }) => {
    let left = (TOKENIZER_CHARACTERS * weight) / total
    return new Random(seed).shuffle([...train]).filter((text) => {
      const taken = left > 0
      left -= text.length
      return taken
    })
  })
  const trained = await trainBpe(texts, {
    vocabSize: wanted,
    specials: [END_OF_TEXT],
    pattern: 'cl100k',
    name,
    signal,
  })
  await writeFileAtomic(file, writeTokenizerJson(trained.spec))
  return trained
}

/** Documents as ids, each followed by the end of text. */
function streamOf(tokenizer: Tokenizer, texts: readonly string[], end: number): Uint16Array | Uint32Array {
  const parts = texts.map((text) => tokenizer.encode(text, { specials: 'text', template: false }))
  const length = parts.reduce((sum, ids) => sum + ids.length + 1, 0)
  const ids = tokenizer.vocabSize <= 65_536 ? new Uint16Array(length) : new Uint32Array(length)
  let at = 0
  for (const part of parts) {
    ids.set(part, at)
    at += part.length
    ids[at++] = end
  }
  return ids
}
