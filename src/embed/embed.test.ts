import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkpointOf, Encoder, familyOf, loadEncoder, loadModel, type Model } from '../model/index.ts'
import { Parameters } from '../tensor/index.ts'
import { type Tokenizer, trainBpe } from '../tokenizer/index.ts'
import { embed, type Pooling } from './index.ts'

const TEXTS = ['the sea', 'a', 'the old man and the sea '.repeat(40), 'naïve 日本', 'the sea']
const SIZES = {
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 700,
}
let tokenizer: Tokenizer
let decoder: Model
let encoder: Encoder
beforeAll(async () => {
  tokenizer = await trainBpe([TEXTS.join(' ')], { vocabSize: 280, threads: 1 })
  const open = (json: Record<string, unknown>) => {
    const family = familyOf(json)
    const config = family.config({ ...SIZES, vocab_size: tokenizer.vocabSize, ...json })
    const parameters = Parameters.initialised(family.parameters(config), 3)
    for (let i = 0; i < parameters.values.length; i++) parameters.values[i]! *= 3
    return checkpointOf(family, config, parameters, tokenizer)
  }
  decoder = await loadModel(open({ architectures: ['LlamaForCausalLM'] }))
  encoder = await loadEncoder(open({ architectures: ['BertModel'] }))
})
afterAll(async () => {
  await decoder.release()
  await encoder.release()
})

/** States `[time][dim]` of one text by itself. */
async function statesOf(model: Model | Encoder, text: string): Promise<number[][]> {
  const ids = tokenizer.encode(text)
  const { dim, layers } = model.config
  const states =
    model instanceof Encoder
      ? (await model.encode([ids])).hidden
      : (await model.step({ ids, want: { hidden: [layers] } })).hidden[layers]!
  return Array.from(ids, (_, t) => [...states.subarray(t * dim, (t + 1) * dim)])
}

const plain: Record<Pooling, (states: number[][]) => number[]> = {
  mean: (states) =>
    states[0]!.map((_, i) => states.reduce((sum, state) => sum + state[i]!, 0) / states.length),
  last: (states) => states.at(-1)!,
  cls: (states) => states[0]!,
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[]): void {
  const scale = Math.max(...expected.map(Math.abs))
  for (const [i, one] of expected.entries()) expect(Math.abs(actual[i]! - one)).toBeLessThan(1e-4 * scale)
}

describe.each(['decoder', 'encoder'] as const)('%s', (kind) => {
  const model = () => (kind === 'decoder' ? decoder : encoder)

  it.each(['mean', 'last', 'cls'] as const)(
    '%s pooling equals that of the states of each text alone',
    async (pooling) => {
      const raw = await embed(model(), TEXTS, { pooling, normalise: false })
      const unit = await embed(model(), TEXTS, { pooling })
      for (const [i, text] of TEXTS.entries()) {
        const expected = plain[pooling](await statesOf(model(), text))
        expectNear(raw[i]!, expected)
        const norm = Math.hypot(...expected)
        expectNear(
          unit[i]!,
          expected.map((x) => x / norm),
        )
        expect(Math.hypot(...unit[i]!)).toBeCloseTo(1, 5)
      }
    },
  )

  it('takes ids, more texts than one batch, and reports progress', async () => {
    const ids = TEXTS.map((text) => tokenizer.encode(text))
    const many = Array.from({ length: 25 }, () => ids).flat()
    const progress: number[] = []
    const vectors = await embed(model(), many, { onProgress: ({ done }) => progress.push(done) })
    const expected = await embed(model(), TEXTS)
    for (const [i, vector] of vectors.entries()) expectNear(vector, [...expected[i % TEXTS.length]!])
    expect(progress.length).toBeGreaterThan(1)
    expect(progress.at(-1)).toBe(many.length)
  })

  it('refuses empty and overlong texts, and cuts them when asked', async () => {
    const long = 'sea '.repeat(900)
    await expect(embed(model(), ['a', ''])).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      where: 'texts[1]',
    })
    await expect(embed(model(), [long])).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' })
    const [cut] = await embed(model(), [long], { truncate: true })
    expectNear(cut!, [...(await embed(model(), [tokenizer.encode(long).subarray(0, 700)]))[0]!])
    await expect(embed(model(), ['a'], { pooling: 'max' as Pooling })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    await expect(embed(model(), ['a'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(await embed(model(), [])).toEqual([])
  })
})
