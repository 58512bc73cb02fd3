// Small random models as GGUF files, loaded and run by llama.cpp (node-llama-cpp) in the same process: its logits beside
// those of the training graph and of `step`, its ids beside our tokenizer's, and every quantised format that we
// read as llama.cpp reads it. It computes with a float32 cache and without flash attention, so that nothing but
// the order of sums differs.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel, type Token } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Checkpoint, checkpointOf, loadModel, openCheckpoint, saveGguf } from '../../src/model/index.ts'
import { BLOCK_TYPES } from '../../src/model/checkpoint/gguf/blocks.ts'
import { randomBlocks, saveGgufWith } from '../../src/model/testing/gguf.ts'
import { SMALL_CONFIGS, smallModel, type SmallModel } from '../../src/model/testing/small-models.ts'
import { oracleOf } from '../../src/model/testing/tiny.ts'
import { type Tokenizer, trainBpe } from '../../src/tokenizer/index.ts'
import { hostileStrings } from './hostile.ts'
import { code, prose } from './texts.ts'

const VOCAB = 320
let folder: string
let llama: Llama
let tokenizer: Tokenizer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-llama-cpp-'))
  llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    logLevel: LlamaLogLevel.error,
  })
  tokenizer = await trainBpe([prose().slice(0, 20_000)], { vocabSize: 300, specials: ['<end>'] })
})

afterAll(async () => {
  await llama?.dispose()
  await rm(folder, { recursive: true, force: true })
})

/** What llama.cpp computes: logits `[time, vocab]`. */
async function logitsOf(model: LlamaModel, ids: readonly number[]): Promise<Float32Array> {
  const context = await model.createContext({
    contextSize: 64,
    flashAttention: false,
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
    threads: 1,
  })
  const input = ids.map((id): [Token, object] => [id as Token, { generateNext: { logits: true } }])
  const rows = await context.getSequence().controlledEvaluate(input)
  await context.dispose()
  const vocab = rows[0]!.next.logits!.size
  const all = new Float32Array(ids.length * vocab)
  rows.forEach((row, i) => row!.next.logits!.forEach((logit, id) => (all[i * vocab + id] = logit)))
  return all
}

async function withLlama<T>(path: string, use: (model: LlamaModel) => Promise<T>): Promise<T> {
  const model = await llama.loadModel({ modelPath: path })
  try {
    return await use(model)
  } finally {
    await model.dispose()
  }
}

async function stepLogits(source: Checkpoint | string, ids: readonly number[]): Promise<Float32Array> {
  const model = await loadModel(source)
  const { logits } = await model.step({ ids, want: { logits: 'all' } })
  await model.release()
  return logits!
}

/** The largest difference, of the largest value. */
function relativeError(theirs: Float32Array, ours: Float32Array): number {
  expect(theirs.length).toBe(ours.length)
  const top = theirs.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return ours.reduce((most, x, i) => Math.max(most, Math.abs(x - theirs[i]!)), 0) / top
}

function small(name: keyof typeof SMALL_CONFIGS, change: object = {}, seed = 21): SmallModel {
  return smallModel({ ...SMALL_CONFIGS[name], vocab_size: VOCAB, ...change }, seed)
}

const ids = Array.from({ length: 40 }, (_, i) => (7 * i + i * i) % VOCAB)
const linear = { rope_scaling: { rope_type: 'linear', factor: 3 } }

/** GPT-2 whose feed-forward layers are far from GELU's bend, where it is 0 or the number itself. */
function straightGpt2(): SmallModel {
  const model = small('gpt2')
  for (let l = 0; l < model.config.layers; l++) {
    const bias = model.parameters.of(`layers.${l}.up.bias`)
    bias.forEach((_, i) => (bias[i] = i % 2 === 0 ? 30 : -30))
  }
  return model
}

describe('logits', () => {
  test.each([
    ['llama', small('llama')],
    ['llama, output not tied', small('llama', { tie_word_embeddings: false })],
    ['llama, as many key heads as heads', small('llama', { num_key_value_heads: 4 })],
    ['llama, linear scaling', small('llama', linear)],
    ['llama 3 scaling', small('llama 3 scaling')],
    ['mistral', small('mistral', { sliding_window: null })],
    ['qwen2', small('qwen2')],
    ['qwen3', small('qwen3')],
    ['gpt2, where GELU is straight', straightGpt2()],
    // llama.cpp looks GELU up in a table of float16: that is 3e-4 of the logits.
    ['gpt2', small('gpt2'), 1e-3],
  ] as [string, SmallModel, number?][])('%s', async (name, model, tolerance = 1e-4) => {
    const { family, config, parameters } = model
    const checkpoint = checkpointOf(family, config, parameters, tokenizer)
    const path = join(folder, `${name.replaceAll(/\W+/g, '-')}.gguf`)
    expect((await saveGguf(path, checkpoint, { dtype: 'f32' })).notes).toEqual([])
    const theirs = await withLlama(path, (one) => logitsOf(one, ids))
    const oracle = await oracleOf(family, config, parameters)
    const errors = {
      oracle: relativeError(theirs, await oracle.logits(ids)),
      step: relativeError(theirs, await stepLogits(checkpoint, ids)),
      readBack: relativeError(theirs, await stepLogits(path, ids)),
    }
    await oracle.release()
    if (process.env.TESSERA_SHOW_ERRORS) console.log(name, errors)
    for (const error of Object.values(errors)) expect(error).toBeLessThan(tolerance)
  })

  test('a window of attention is in the file and in a note: llama.cpp has none', async () => {
    const { family, config, parameters } = small('mistral')
    const checkpoint = checkpointOf(family, config, parameters, tokenizer)
    const path = join(folder, 'window.gguf')
    const { notes } = await saveGguf(path, checkpoint, { dtype: 'f32' })
    expect(notes).toEqual([expect.stringContaining('window of 5 tokens')])
    const theirs = await withLlama(path, (one) => logitsOf(one, ids))
    const ours = await stepLogits(path, ids)
    const within = 5 * VOCAB
    expect(relativeError(theirs.subarray(0, within), ours.subarray(0, within))).toBeLessThan(1e-4)
    expect(relativeError(theirs, ours)).toBeGreaterThan(1e-2)
  })
})

describe('the model that ships', () => {
  test('gives the same ids and the same logits in llama.cpp', async () => {
    const checkpoint = await openCheckpoint('tessera-lm')
    const path = join(folder, 'tessera-lm.gguf')
    expect((await saveGguf(path, checkpoint, { dtype: 'f32' })).notes).toEqual([])
    const text = prose().slice(1000, 1200)
    const ours = [...checkpoint.tokenizer!.encode(text)]
    const model = await loadModel(checkpoint)
    const { logits } = await model.step({ ids: ours, want: { logits: 'all' } })
    await model.release()
    await checkpoint.close()
    await withLlama(path, async (one) => {
      expect([...one.tokenize(text, false)]).toEqual(ours)
      const error = relativeError(await logitsOf(one, ours), logits!)
      if (process.env.TESSERA_SHOW_ERRORS) console.log('tessera-lm', error)
      expect(error).toBeLessThan(1e-4)
    })
  })
})

describe('quantised', () => {
  const wide = { hidden_size: 64, intermediate_size: 96 }

  test.each([
    // Activations are rounded too in llama.cpp: to f16, or to eight bits a block.
    ['f16', 2e-3],
    ['q8_0', 5e-2],
    ['q4_0', 5e-2],
  ] as const)('%s: the float32 that we read compute what llama.cpp computes', async (dtype, tolerance) => {
    const { family, config, parameters } = small('llama', wide)
    const path = join(folder, `${dtype}.gguf`)
    const checkpoint = checkpointOf(family, config, parameters, tokenizer)
    await saveGguf(path, checkpoint, { dtype })
    const theirs = await withLlama(path, (one) => logitsOf(one, ids))
    const error = relativeError(theirs, await stepLogits(path, ids))
    const lost = relativeError(theirs, await stepLogits(checkpoint, ids))
    if (process.env.TESSERA_SHOW_ERRORS) console.log(dtype, { error, lost })
    expect(error).toBeLessThan(tolerance)
    if (dtype === 'q4_0') expect(error).toBeLessThan(lost / 4)
  })

  // A layer that adds nothing leaves the embedding as it was looked up: logits are a float32 product with what
  // llama.cpp made of the block.
  test.each([...BLOCK_TYPES.entries()].map(([type, { name }]) => [name, type] as const))(
    'random blocks of %s are the numbers that llama.cpp makes of them',
    async (_, type) => {
      const { family, config, parameters } = small('llama', {
        hidden_size: 256,
        num_hidden_layers: 1,
        tie_word_embeddings: false,
      })
      for (const name of ['layers.0.out', 'layers.0.down']) parameters.of(name).fill(0)
      const checkpoint = checkpointOf(family, config, parameters, tokenizer)
      const path = join(folder, `blocks-${type}.gguf`)
      await saveGgufWith(path, checkpoint, 'token_embd.weight', type, randomBlocks(type, VOCAB * 256, type))
      const theirs = await withLlama(path, (one) => logitsOf(one, ids))
      expect(relativeError(theirs, await stepLogits(path, ids))).toBeLessThan(1e-5)
    },
  )
})

describe('ids', () => {
  const texts = () => [prose().slice(0, 4000), code().slice(0, 3000), '', ' ', ...hostileStrings(5, 60)]

  test.each(['gpt2', 'cl100k', 'o200k'] as const)('of a BPE trained with the pattern %s', async (pattern) => {
    const trained = await trainBpe([prose().slice(0, 60_000)], {
      vocabSize: VOCAB + 80,
      specials: ['<end>'],
      pattern,
    })
    const { family, config, parameters } = small('llama', { vocab_size: trained.vocabSize + 3 })
    const path = join(folder, `ids-${pattern}.gguf`)
    await saveGguf(path, checkpointOf(family, config, parameters, trained))
    const read = await openCheckpoint(path)
    await read.close()
    await withLlama(path, async (model) => {
      for (const text of texts()) {
        // node-llama-cpp hands text over up to a NUL.
        if (text.includes('\0')) continue
        const ours = [...trained.encode(text, { specials: 'text' })]
        expect([...model.tokenize(text, false)], JSON.stringify(text)).toEqual(ours)
        expect([...read.tokenizer!.encode(text, { specials: 'text' })]).toEqual(ours)
      }
      expect([...model.tokenize('a<end>b', true)]).toEqual([...trained.encode('a<end>b')])
    })
  })

  test('of a BPE of characters with bytes for the others', async () => {
    const trained = await trainBpe([prose().slice(0, 60_000)], {
      vocabSize: 700,
      base: 'characters',
      pattern: 'sentencepiece',
      byteFallback: true,
      specials: ['<unk>', '<s>', '</s>'],
    })
    const { family, config, parameters } = small('llama', { vocab_size: trained.vocabSize })
    const path = join(folder, 'ids-pieces.gguf')
    await saveGguf(path, checkpointOf(family, config, parameters, trained))
    await withLlama(path, async (model) => {
      for (const text of texts()) {
        if (text.includes('\0')) continue
        const ours = [...trained.encode(text, { specials: 'text' })]
        expect([...model.tokenize(text, false)], JSON.stringify(text)).toEqual(ours)
      }
    })
  })
})
