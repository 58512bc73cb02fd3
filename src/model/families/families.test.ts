// Every family beside a plain version of itself that shares no line with it (`testing/plain-families.ts`), on
// Hugging Face's names and layouts.
import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { float, ints, Session, trace } from '../../tensor/index.ts'
import { encoderStates, seq2seqLogits, trainingLogits } from '../training-net.ts'
import { plainBert, plainGpt2, plainLlama, plainT5 } from '../testing/plain-families.ts'
import { foreignWeights, SMALL_CONFIGS, smallModel, type SmallModel } from '../testing/small-models.ts'
import { familyOf } from './index.ts'
import { bucketTable } from './t5.ts'

const open: Session[] = []
afterAll(() => Promise.all(open.map((session) => session.release())))

function weightsOf({ family, config }: SmallModel) {
  return Object.fromEntries(
    Object.entries(family.parameters(config)).map(([name, { shape }]) => [name, float(...shape)]),
  )
}

function tokens(seed: number, length: number, below = 61): number[] {
  const random = new Random(seed)
  return Array.from({ length }, () => Math.floor(random.float() * below))
}

const int64 = (ids: readonly number[]) => BigInt64Array.from(ids, BigInt)

/** The largest difference, of the largest value. */
function relativeError(ours: ArrayLike<number>, reference: readonly number[]): number {
  expect(ours.length).toBe(reference.length)
  const top = Math.max(...reference.map(Math.abs))
  return Math.max(...reference.map((value, i) => Math.abs(value - ours[i]!))) / top
}

async function run(model: SmallModel, inputs: Record<string, number[]>, body: Parameters<typeof trace>[1]) {
  const names = Object.keys(inputs)
  const specs = Object.fromEntries(names.map((name) => [name, ints(1, `time_${name}`)]))
  if ('types' in specs) specs.types = ints(1, 'time_ids')
  const session = await Session.open(trace({ ...weightsOf(model), ...specs }, body))
  open.push(session)
  const feeds = Object.fromEntries(names.map((name) => [name, int64(inputs[name]!)]))
  return session.run({ ...model.parameters.feeds(), ...feeds })
}

describe('forward functions equal a plain version', () => {
  const decoders = ['llama', 'llama 3 scaling', 'mistral', 'qwen2', 'qwen3', 'gpt2'] as const
  test.each(decoders)('%s', async (name) => {
    const json = SMALL_CONFIGS[name]
    const model = smallModel(json, 3)
    const ids = tokens(4, 23)
    const { logits } = await run(model, { ids }, ({ ids, ...weights }) => ({
      logits: trainingLogits(model.family, model.config, weights, ids!),
    }))
    const plain = (name === 'gpt2' ? plainGpt2 : plainLlama)(json, foreignWeights(model), ids)
    expect(relativeError(logits!.data as Float32Array, plain.flat())).toBeLessThan(2e-6)
  })

  test.each(['bert', 'bert masked'] as const)('%s', async (name) => {
    const json = SMALL_CONFIGS[name]
    const model = smallModel(json, 5)
    const ids = tokens(6, 17)
    const types = tokens(7, 17, model.config.encoder!.tokenTypes)
    const results = await run(model, { ids, types }, ({ ids, types, ...weights }) => {
      const out = encoderStates(model.family, model.config, weights, { ids: ids!, tokenTypes: types! })
      return { states: out.states, more: (out.pooled ?? out.logits)! }
    })
    const plain = plainBert(json, foreignWeights(model), ids, types)
    expect(relativeError(results.states!.data as Float32Array, plain.states.flat())).toBeLessThan(2e-6)
    const more = plain.pooled ?? plain.logits!.flat()
    expect(relativeError(results.more!.data as Float32Array, more)).toBeLessThan(2e-6)
  })

  test.each(['t5', 'byt5'] as const)('%s', async (name) => {
    const json = SMALL_CONFIGS[name]
    const model = smallModel(json, 8)
    const ids = tokens(9, 31)
    const decoderIds = [0, ...tokens(10, 19)]
    const { logits } = await run(model, { ids, decoderIds }, ({ ids, decoderIds, ...weights }) => ({
      logits: seq2seqLogits(model.family, model.config, weights, { ids: ids!, decoderIds: decoderIds! }),
    }))
    const plain = plainT5(json, foreignWeights(model), ids, decoderIds)
    expect(relativeError(logits!.data as Float32Array, plain.logits.flat())).toBeLessThan(2e-6)
  })
})

test('buckets of T5 at its own sizes: the borders of the reference', () => {
  const both = bucketTable(32, 128, true)
  const at = (offset: number) => Number(both[offset + 128])
  // Single steps up to 7, then 8–11, 12–15, 16–22, 23–31, 32–45, 46–63, 64–90, 91 and more.
  expect([0, -7, -8, -11, -12, -15, -16, -22, -23, -31, -32, -45, -46, -63, -64, -90, -91].map(at)).toEqual([
    0, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15,
  ])
  expect([1, 7, 8, 128].map(at)).toEqual([17, 23, 24, 31])
  const back = bucketTable(32, 128, false)
  expect([5, 0, -15, -16, -18, -19, -128].map((offset) => Number(back[offset + 128]))).toEqual([
    0, 0, 15, 16, 16, 17, 31,
  ])
})

describe('config.json', () => {
  test.each(Object.entries(SMALL_CONFIGS))('%s: written and read again it says the same', (_, json) => {
    const family = familyOf(json)
    const config = family.config(json)
    const written = JSON.parse(JSON.stringify(family.configJson(config))) as Record<string, unknown>
    expect(familyOf(written).config(written)).toEqual(config)
  })

  test('windows: whose layers have one', () => {
    const window = (json: Record<string, unknown>) => familyOf(json).config(json).slidingWindow
    const { sliding_window: _, ...mistral } = SMALL_CONFIGS.mistral
    expect(window(mistral)).toBe(4096)
    expect(window({ ...mistral, sliding_window: null })).toBe(null)
    const qwen = { ...SMALL_CONFIGS.qwen3, sliding_window: 7 }
    expect(window(qwen)).toBe(null)
    expect(window({ ...qwen, use_sliding_window: true, max_window_layers: 0 })).toBe(7)
    expect(window({ ...qwen, use_sliding_window: true, max_window_layers: 2 })).toBe(null)
    expect(() => window({ ...qwen, use_sliding_window: true, max_window_layers: 1 })).toThrow(
      'from 1 on only',
    )
  })

  test('sizes that a file leaves out, and rotary settings in one object', () => {
    const { head_dim: _, ...qwen } = SMALL_CONFIGS.qwen3
    const read = (json: Record<string, unknown>) => familyOf(json).config(json)
    expect(read(qwen).headDim).toBe(128)
    expect(read({ ...qwen, architectures: ['Qwen2ForCausalLM'] }).headDim).toBe(6)
    const { rope_theta, rope_scaling, ...llama } = SMALL_CONFIGS['llama 3 scaling']
    expect(read({ ...llama, rope_parameters: { rope_theta, ...rope_scaling } })).toEqual(
      read(SMALL_CONFIGS['llama 3 scaling']),
    )
  })

  test.each([
    [{ ...SMALL_CONFIGS.llama, attention_bias: true }, 'attention_bias'],
    [{ ...SMALL_CONFIGS.gpt2, scale_attn_by_inverse_layer_idx: true }, 'scale_attn_by_inverse_layer_idx'],
    [{ ...SMALL_CONFIGS.bert, position_embedding_type: 'relative_key' }, 'position_embedding_type'],
    [{ ...SMALL_CONFIGS.bert, hidden_act: 'mish' }, 'hidden_act'],
    [{ architectures: ['GPTNeoXForCausalLM'] }, 'GPTNeoXForCausalLM'],
  ])('%# what we do not compute is refused by name', (json, name) => {
    expect(() => familyOf(json).config(json)).toThrow(name)
  })
})
