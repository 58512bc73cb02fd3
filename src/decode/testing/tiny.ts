// A small random model with a byte-level tokenizer for tests, and the oracle: the plain causal forward function of
// training, computed from the beginning for every question.
import {
  checkpointOf,
  type DecoderConfig,
  familyOf,
  loadModel,
  type Model,
  trainingLogits,
} from '../../model/index.ts'
import { ints, Parameters, Session, trace } from '../../tensor/index.ts'
import { type Tokenizer, trainBpe } from '../../tokenizer/index.ts'

const TEXT =
  'The old man and the sea were there, and the boy was with them all the time. {"name": "a", "list": [1, 2]} ' +
  'naïve café — Größe 日本語 日本 🙂 🙂🙃 été, it is 10 or 20 or 3.5; yes or no? true false null '

let tokenizer: Promise<Tokenizer> | undefined

/** 320 ids: one special token that ends a text, all bytes, and merges, some of which end inside a character. */
export function tinyTokenizer(): Promise<Tokenizer> {
  tokenizer ??= trainBpe([TEXT.repeat(4)], {
    vocabSize: 320,
    specials: ['<|endoftext|>'],
    pattern: { regex: String.raw`\S+\s?|\s+` },
    threads: 1,
  })
  return tokenizer
}

export interface Tiny {
  model: Model
  tokenizer: Tokenizer
  end: number
  /** Logits `[vocab]` after each of the ids, from position 0. */
  oracle(ids: ArrayLike<number>): Promise<Float32Array[]>
  release(): Promise<void>
}

export async function tinyModel(change: Partial<DecoderConfig> = {}, seed = 1): Promise<Tiny> {
  const tokenizer = await tinyTokenizer()
  const end = tokenizer.idOf('<|endoftext|>')
  const family = familyOf({ architectures: ['LlamaForCausalLM'] })
  const config: DecoderConfig = {
    ...family.config({
      architectures: ['LlamaForCausalLM'],
      vocab_size: tokenizer.vocabSize,
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      intermediate_size: 48,
      max_position_embeddings: 512,
      tie_word_embeddings: true,
    }),
    eos: [end],
    ...change,
  }
  const parameters = Parameters.initialised(family.parameters(config), seed)
  for (const { name, start, end } of parameters.views) {
    // Large enough that attention and logits are far from flat.
    if (!/norm/i.test(name)) for (let i = start; i < end; i++) parameters.values[i]! *= 8
  }
  const model = await loadModel(checkpointOf(family, config, parameters, tokenizer))
  const specs = Object.fromEntries(
    parameters.views.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape }]),
  )
  const program = trace({ ...specs, ids: ints('batch', 'time') }, (inputs) => ({
    logits: trainingLogits(family, config, inputs, inputs.ids!),
  }))
  const session = await Session.open(program)
  return {
    model,
    tokenizer,
    end,
    async oracle(ids) {
      const data = BigInt64Array.from(Array.from(ids), BigInt)
      const { logits } = await session.run({ ...parameters.feeds(), ids: { data, shape: [1, ids.length] } })
      const all = logits!.data as Float32Array
      return Array.from(Array.from(ids), (_, t) =>
        all.slice(t * config.vocabSize, (t + 1) * config.vocabSize),
      )
    },
    async release() {
      await session.release()
      await model.release()
    },
  }
}
