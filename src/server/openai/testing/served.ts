// A small random model behind a socket, for tests: byte-level tokens, real attention, no meaning.
import OpenAI from 'openai'
import { type Checkpoint, checkpointOf, familyOf, loadModel, type Model } from '../../../model/index.ts'
import { Parameters } from '../../../tensor/index.ts'
import { trainBpe } from '../../../tokenizer/index.ts'
import { serveModel, type ServedModel, type ServeModelOptions } from '../serve.ts'

const TEXT =
  'the cat sat on the mat and the dog sat on the log while the rain fell on the plain in Spain. {"a": [1, 2]}'

interface TinyOptions {
  seed?: number
  maxPositions?: number
  /** Ids that end an answer. */
  eos?: number[]
  chatTemplate?: string
}

export async function tinyModel(options: TinyOptions = {}): Promise<Model> {
  return loadModel(await tinyCheckpoint(options))
}

export async function tinyCheckpoint(options: TinyOptions = {}): Promise<Checkpoint> {
  const { seed = 1, maxPositions = 1024, eos = [], chatTemplate } = options
  const tokenizer = await trainBpe([TEXT], { vocabSize: 300, minFrequency: 1, threads: 1 })
  if (chatTemplate !== undefined) Object.assign(tokenizer.spec, { chatTemplate })
  const json = {
    architectures: ['LlamaForCausalLM'],
    vocab_size: tokenizer.vocabSize,
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    tie_word_embeddings: true,
    max_position_embeddings: maxPositions,
    eos_token_id: eos,
  }
  const family = familyOf(json)
  const config = family.config(json)
  const parameters = Parameters.initialised(family.parameters(config), seed)
  // Larger than for training, so that logits are far from flat and differ with the context.
  for (const { name, start, end } of parameters.views) {
    if (name.includes('norm')) continue
    for (let i = start; i < end; i++) parameters.values[i]! *= 8
  }
  return checkpointOf(family, config, parameters, tokenizer)
}

export interface TestServer extends ServedModel {
  model: Model
  client: OpenAI
  /** Without the slash at the end. */
  base: string
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

export async function testServer(
  model: Model,
  options: Partial<ServeModelOptions> = {},
): Promise<TestServer> {
  const served = await serveModel(model, { name: 'tiny', port: 0, ...options })
  const base = served.url.slice(0, -1)
  return {
    ...served,
    model,
    base,
    client: new OpenAI({
      baseURL: `${base}/v1`,
      apiKey: options.apiKeys?.[0] ?? 'none',
      maxRetries: 0,
      timeout: 20_000,
    }),
    post: (path, body, headers = {}) =>
      fetch(base + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
  }
}
