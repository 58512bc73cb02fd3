// Follows a recipe: texts → tokenizer → token streams → training, each step kept in the run's folder, so that a
// run that was stopped goes on.
import { join } from 'node:path'
import { Random, TesseraError } from '../../core/index.ts'
import { readFileBounded, writeFileAtomic } from '../../core/node.ts'
import { loadTokenizer, type Tokenizer, writeTokenizerJson, trainBpe } from '../../tokenizer/index.ts'
import type { DecoderConfig } from '../config.ts'
import { familyOf } from '../families/index.ts'
import {
  trainLanguageModel,
  type TrainedModel,
  type TrainLanguageModelOptions,
} from '../train/train-language-model.ts'
import type { Recipe } from './recipes.ts'
import { readTexts, type TextKind, type Texts } from './texts.ts'

const END_OF_TEXT = '<|endoftext|>'

export interface FollowOptions extends Pick<
  TrainLanguageModelOptions,
  'onStep' | 'onEvaluation' | 'signal' | 'threads' | 'steps'
> {
  /** node_modules of a checkout. */
  packages: string
  /** Where the run lives. */
  folder: string
  onStage?: (stage: string) => void
}

export interface FollowedRecipe {
  config: DecoderConfig
  tokenizer: Tokenizer
  trained: TrainedModel
  texts: Texts
  /** Ids of the held-out texts, and how many tokens there were to train on, by kind. */
  heldOutBytes: Record<TextKind, number>
  trainTokens: Record<TextKind, number>
}

const KINDS: readonly TextKind[] = ['prose', 'documentation', 'code', 'json']
/** Text that the tokenizer is trained on, per kind, in proportion to the mixture. */
const TOKENIZER_BYTES = 12e6

export async function followRecipe(recipe: Recipe, options: FollowOptions): Promise<FollowedRecipe> {
  const say = options.onStage ?? (() => {})
  say('reading texts')
  const texts = await readTexts(options.packages, recipe.seed)
  say('tokenizer')
  const tokenizer = await tokenizerOf(recipe, texts, options)
  const end = tokenizer.encode(END_OF_TEXT, { specials: 'parse', template: false })[0]!
  say('encoding texts')
  const streams = KINDS.map((kind) => ({
    name: kind,
    ids: streamOf(tokenizer, shuffled(texts.train[kind], recipe.seed), end),
    weight: recipe.mixture[kind],
  }))
  const heldOut = KINDS.map((name) => ({ name, ids: streamOf(tokenizer, texts.heldOut[name], end) }))
  const config = configOf(recipe, tokenizer.vocabSize, end)
  const tokenBytes = Uint8Array.from({ length: tokenizer.vocabSize }, (_, id) =>
    id === end ? 0 : tokenizer.decodeBytes([id]).length,
  )
  say('training')
  const trained = await trainLanguageModel({
    family: familyOf({ architectures: ['LlamaForCausalLM'] }),
    config,
    streams,
    heldOut,
    tokenBytes,
    folder: options.folder,
    steps: options.steps ?? recipe.steps,
    rows: recipe.rows,
    time: recipe.time,
    seed: recipe.seed,
    rate: recipe.rate,
    warmup: recipe.warmup,
    fall: recipe.fall,
    threads: options.threads,
    onStep: options.onStep,
    onEvaluation: options.onEvaluation,
    signal: options.signal,
  })
  const byKind = <T>(value: (kind: TextKind, at: number) => T) =>
    Object.fromEntries(KINDS.map((kind, i) => [kind, value(kind, i)])) as Record<TextKind, T>
  return {
    config,
    tokenizer,
    trained,
    texts,
    heldOutBytes: byKind((kind) => texts.heldOut[kind].reduce((sum, one) => sum + Buffer.byteLength(one), 0)),
    trainTokens: byKind((_, i) => streams[i]!.ids.length),
  }
}

function configOf(recipe: Recipe, vocabSize: number, end: number): DecoderConfig {
  return {
    family: 'llama',
    vocabSize,
    dim: recipe.dim,
    layers: recipe.layers,
    heads: recipe.heads,
    kvHeads: recipe.kvHeads,
    headDim: recipe.dim / recipe.heads,
    hidden: recipe.hidden,
    epsilon: 1e-5,
    tied: true,
    maxPositions: recipe.maxPositions,
    ropeTheta: 10_000,
    ropeScaling: { kind: 'none' },
    qkvBias: false,
    qkNorm: false,
    slidingWindow: null,
    bos: null,
    eos: [end],
  }
}

/** The recipe's tokenizer: kept in the run's folder; the one of another recipe must be there already. */
async function tokenizerOf(recipe: Recipe, texts: Texts, { folder }: FollowOptions): Promise<Tokenizer> {
  const file = join(folder, 'tokenizer.json')
  try {
    return await loadTokenizer(await readFileBounded(file, 1 << 26))
  } catch (cause) {
    if (!(cause instanceof TesseraError) || cause.code !== 'FILE_NOT_FOUND') throw cause
  }
  if (recipe.tokenizer.kind === 'bpe' && recipe.tokenizer.of !== recipe.name) {
    throw new TesseraError('FILE_NOT_FOUND', `${recipe.name} uses the tokenizer of ${recipe.tokenizer.of}`, {
      where: file,
      hint: `Copy that model's tokenizer.json there, or train it first`,
    })
  }
  const tokenizer = await trainBpe(tokenizerTexts(recipe, texts), {
    vocabSize: recipe.tokenizer.kind === 'bytes' ? 257 : recipe.tokenizer.vocabSize,
    specials: [END_OF_TEXT],
    pattern: 'cl100k',
    name: recipe.name,
  })
  await writeFileAtomic(file, writeTokenizerJson(tokenizer.spec))
  return tokenizer
}

function tokenizerTexts(recipe: Recipe, texts: Texts): string[] {
  return KINDS.flatMap((kind) => {
    let left = TOKENIZER_BYTES * recipe.mixture[kind]
    return shuffled(texts.train[kind], recipe.seed).filter((text) => (left -= text.length) + text.length > 0)
  })
}

function shuffled(texts: readonly string[], seed: number): string[] {
  return new Random(seed).shuffle([...texts])
}

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
