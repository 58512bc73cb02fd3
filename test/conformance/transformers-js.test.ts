// Small random models of every family as ONNX, loaded and run by @huggingface/transformers (transformers.js): the
// logits of the training graph, padding and batches included, and in generation over its own cache the ids
// that are most likely one after the other.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as hf from '@huggingface/transformers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  checkpointOf,
  encoderStates,
  loadModel,
  saveOnnx,
  type SaveOnnxOptions,
  seq2seqLogits,
  trainingLogits,
} from '../../src/model/index.ts'
import { SMALL_CONFIGS, smallModel, type SmallModel } from '../../src/model/testing/small-models.ts'
import { trainBpe } from '../../src/tokenizer/index.ts'
import { prose } from './texts.ts'
import { float, ints, Session, type Tensors, type Tensor, trace } from '../../src/tensor/index.ts'

const VOCAB = 61
let folder: string
const sessions: Session[] = []
const disposals: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-transformers-js-'))
  hf.env.allowRemoteModels = false
  hf.env.localModelPath = folder
})

afterAll(async () => {
  for (const dispose of disposals) await dispose()
  for (const session of sessions) await session.release()
  await rm(folder, { recursive: true, force: true })
})

type Weights = Readonly<Record<string, Tensor>>

/** Our plain graph of a model, as a function of ids. */
async function oracle(
  model: SmallModel,
  inputs: readonly string[],
  body: (given: Tensors, weights: Weights) => Tensor,
): Promise<(ids: Readonly<Record<string, readonly (readonly number[])[]>>) => Promise<Float32Array>> {
  const { family, config, parameters } = model
  const specs = Object.fromEntries(
    Object.entries(family.parameters(config)).map(([name, { shape }]) => [name, float(...shape)]),
  )
  const given = Object.fromEntries(
    inputs.map((name) => [name, ints('batch', name === 'decoderIds' ? 'steps' : 'time')]),
  )
  const program = trace({ ...specs, ...given }, (tensors) => ({ y: body(tensors, tensors) }))
  const session = await Session.open(program)
  sessions.push(session)
  return async (ids) => {
    const feeds = Object.fromEntries(
      Object.entries(ids).map(([name, rows]) => [
        name,
        { data: BigInt64Array.from(rows.flat(), BigInt), shape: [rows.length, rows[0]!.length] },
      ]),
    )
    return (await session.run({ ...parameters.feeds(), ...feeds })).y.data as Float32Array
  }
}

async function exported(name: string, model: SmallModel, options: SaveOnnxOptions = {}): Promise<string> {
  const { family, config, parameters } = model
  const id = name.replaceAll(' ', '-')
  await saveOnnx(join(folder, id), checkpointOf(family, config, parameters), options)
  return id
}

const tensor = (rows: readonly (readonly number[])[]) =>
  new hf.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length])

/** The largest difference, of the largest value. */
function relativeError(theirs: hf.Tensor, ours: Float32Array): number {
  const data = theirs.data as Float32Array
  expect(data.length).toBe(ours.length)
  const top = ours.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return ours.reduce((most, x, i) => Math.max(most, Math.abs(x - data[i]!)), 0) / top
}

function expectSame(theirs: hf.Tensor, ours: Float32Array): void {
  expect(relativeError(theirs, ours)).toBeLessThan(1e-4)
}

function likeliest(logits: Float32Array): number {
  const last = logits.subarray(logits.length - VOCAB)
  return last.indexOf(last.reduce((a, b) => Math.max(a, b)))
}

const ids = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => 3 + ((from + 7 * i + i * i) % (VOCAB - 3)))

describe('decoders', () => {
  test.each(['llama', 'llama 3 scaling', 'mistral', 'qwen2', 'qwen3', 'gpt2'] as const)(
    '%s',
    async (name) => {
      const model = smallModel(SMALL_CONFIGS[name], 21)
      const { family, config } = model
      const run = await oracle(model, ['ids'], (given, weights) =>
        trainingLogits(family, config, weights, given.ids!),
      )
      const theirs = await hf.AutoModelForCausalLM.from_pretrained(await exported(name, model), {
        dtype: 'fp32',
      })
      disposals.push(() => theirs.dispose())
      const rows = [ids(13, 1), ids(13, 30)]
      const out = await theirs({
        input_ids: tensor(rows),
        attention_mask: tensor(rows.map((r) => r.map(() => 1))),
      })
      expectSame(out.logits, await run({ ids: rows }))
      // A shorter text behind padding: its logits are those of the text alone.
      const padded = [[0, 0, 0, 0, ...ids(9, 1)], ids(13, 30)]
      const mask = padded.map((row, r) => row.map((_, i) => (r === 0 && i < 4 ? 0 : 1)))
      const behind = await theirs({ input_ids: tensor(padded), attention_mask: tensor(mask) })
      expectSame(behind.logits[0].slice([4, 13]), await run({ ids: [ids(9, 1)] }))
      // Its generation, one step at a time over its cache, against the whole text again and again.
      const prompt = ids(6, 5)
      const generated = (await theirs.generate({
        inputs: tensor([prompt]),
        max_new_tokens: 20,
        do_sample: false,
      })) as hf.Tensor
      const text = [...prompt]
      do text.push(likeliest(await run({ ids: [text] })))
      while (text.length < 26 && !config.eos.includes(text.at(-1)!))
      expect([...(generated.data as BigInt64Array)].map(Number)).toEqual(text)
    },
  )
})

test('weights in files beside the graph', async () => {
  const model = smallModel(SMALL_CONFIGS.qwen3, 22)
  const run = await oracle(model, ['ids'], (given, weights) =>
    trainingLogits(model.family, model.config, weights, given.ids!),
  )
  const theirs = await hf.AutoModelForCausalLM.from_pretrained(
    await exported('outside', model, { external: true }),
    {
      dtype: 'fp32',
    },
  )
  disposals.push(() => theirs.dispose())
  const rows = [ids(8, 2)]
  expectSame(
    (await theirs({ input_ids: tensor(rows), attention_mask: tensor([rows[0]!.map(() => 1)]) })).logits,
    await run({ ids: rows }),
  )
})

test.each([
  // Eight bits leave with a scale for whole rows, which pages compute fast; in Node we have blocks of them.
  ['int8', 'q8', 0.06, 0.05],
  // The same blocks: only sums in another order tip a rounding.
  ['int4', 'q4', 0.02, 0.4],
] as const)('%s: the quantised graph, chosen by dtype %s', async (precision, dtype, apart, most) => {
  // Wide enough that errors of single weights average out, and that blocks of 32 are full.
  const json = { ...SMALL_CONFIGS.qwen2, hidden_size: 64, intermediate_size: 96 }
  const model = smallModel(json, 25)
  const checkpoint = checkpointOf(model.family, model.config, model.parameters)
  const id = await exported(`quantised ${dtype}`, model, { precisions: [precision] })
  const theirs = await hf.AutoModelForCausalLM.from_pretrained(id, { dtype })
  disposals.push(() => theirs.dispose())
  const rows = [ids(16, 2)]
  const { logits } = await theirs({
    input_ids: tensor(rows),
    attention_mask: tensor([rows[0]!.map(() => 1)]),
  })
  const [ours, exact] = await Promise.all(
    ([precision, 'fp32'] as const).map(async (precision) => {
      const own = await loadModel(checkpoint, { precision })
      disposals.push(() => own.release())
      return (await own.step({ ids: rows[0]!, want: { logits: 'all' } })).logits!
    }),
  )
  expect(relativeError(logits, ours!)).toBeLessThan(apart)
  expect(relativeError(logits, exact!)).toBeLessThan(most)
})

test('a folder with a tokenizer is a pipeline: text in, text out', async () => {
  const tokenizer = await trainBpe([prose().slice(0, 20_000)], {
    vocabSize: 300,
    specials: ['<end>'],
    pattern: 'gpt2',
  })
  const json = {
    ...SMALL_CONFIGS.gpt2,
    vocab_size: tokenizer.vocabSize,
    eos_token_id: tokenizer.idOf('<end>'),
  }
  const { family, config, parameters } = smallModel(json, 26)
  await saveOnnx(join(folder, 'pipeline'), checkpointOf(family, config, parameters, tokenizer))
  const theirs = await hf.AutoTokenizer.from_pretrained('pipeline')
  for (const text of [prose().slice(5_000, 6_000), 'naïve ½ 語 <end>\n\ttext']) {
    expect(theirs.encode(text)).toEqual([...tokenizer.encode(text)])
  }
  const generator = await hf.pipeline('text-generation', 'pipeline', { dtype: 'fp32' })
  disposals.push(() => generator.dispose())
  const prompt = 'The whale'
  const [result] = (await generator(prompt, { max_new_tokens: 9, do_sample: false })) as {
    generated_text: string
  }[]
  const model = await loadModel(checkpointOf(family, config, parameters))
  disposals.push(() => model.release())
  const ids = [...tokenizer.encode(prompt)]
  for (let i = 0; i < 9 && !config.eos.includes(ids.at(-1)!); i++) {
    const { logits } = await model.step({ ids })
    ids.push(logits!.indexOf(logits!.reduce((a, b) => Math.max(a, b))))
  }
  expect(result!.generated_text).toBe(tokenizer.decode(ids))
})

describe('encoders', () => {
  test.each(['bert', 'bert masked'] as const)('%s', async (name) => {
    const model = smallModel(SMALL_CONFIGS[name], 23)
    const { family, config } = model
    const masked = config.encoder!.maskedHead
    const run = await oracle(model, ['ids', 'mask', 'types'], (given, weights) => {
      const out = encoderStates(family, config, weights, {
        ids: given.ids!,
        mask: given.mask!,
        tokenTypes: given.types!,
      })
      return masked ? out.logits! : out.states
    })
    const loader = masked ? hf.AutoModelForMaskedLM : hf.AutoModel
    const theirs = await loader.from_pretrained(await exported(name, model), { dtype: 'fp32' })
    disposals.push(() => theirs.dispose())
    const rows = [ids(11, 1), [...ids(7, 9), 0, 0, 0, 0]]
    const mask = rows.map((row) => row.map((id) => (id === 0 ? 0 : 1)))
    const types = rows.map((row) => row.map((_, i) => (i > 4 ? 1 : 0)))
    const out = await theirs({
      input_ids: tensor(rows),
      attention_mask: tensor(mask),
      token_type_ids: tensor(types),
    })
    expectSame(masked ? out.logits : out.last_hidden_state, await run({ ids: rows, mask, types }))
  })
})

describe('encoder–decoders', () => {
  test.each(['t5', 'byt5'] as const)('%s', async (name) => {
    const model = smallModel(SMALL_CONFIGS[name], 24)
    const { family, config } = model
    const run = await oracle(model, ['ids', 'mask', 'decoderIds'], (given, weights) =>
      seq2seqLogits(family, config, weights, {
        ids: given.ids!,
        mask: given.mask!,
        decoderIds: given.decoderIds!,
      }),
    )
    const theirs = await hf.AutoModelForSeq2SeqLM.from_pretrained(await exported(name, model), {
      dtype: 'fp32',
    })
    disposals.push(() => theirs.dispose())
    const rows = [ids(12, 3), [...ids(8, 4), 0, 0, 0, 0]]
    const mask = rows.map((row) => row.map((id) => (id === 0 ? 0 : 1)))
    const decoderIds = [
      [0, ...ids(6, 8)],
      [0, ...ids(6, 15)],
    ]
    const out = await theirs({
      input_ids: tensor(rows),
      attention_mask: tensor(mask),
      decoder_input_ids: tensor(decoderIds),
    })
    expectSame(out.logits, await run({ ids: rows, mask, decoderIds }))
    const generated = (await theirs.generate({
      inputs: tensor([rows[0]!]),
      attention_mask: tensor([mask[0]!]),
      max_new_tokens: 18,
      do_sample: false,
    })) as hf.Tensor
    const text = [config.seq2seq!.start]
    do text.push(likeliest(await run({ ids: [rows[0]!], mask: [mask[0]!], decoderIds: [text] })))
    while (text.length < 19 && !config.eos.includes(text.at(-1)!))
    expect([...(generated.data as BigInt64Array)].map(Number)).toEqual(text)
  })
})
