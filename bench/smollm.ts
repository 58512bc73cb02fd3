// A model of SmolLM2-135M's shape with random weights, for us and for llama.cpp: the same numbers, as a checkpoint whose
// weights are made when they are read, and as GGUF files. Files are kept in .cache/bench between runs.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '../src/core/index.ts'
import { type Checkpoint, familyOf, type GgufType, saveGguf } from '../src/model/index.ts'
import { loadTokenizer } from '../src/tokenizer/index.ts'

const description = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 49_152,
  hidden_size: 576,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  intermediate_size: 1536,
  tie_word_embeddings: true,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 8192,
  rope_theta: 100_000,
}
const family = familyOf(description)
export const config = family.config(description)
const specs = family.parameters(config)
const vocabulary = fileURLToPath(new URL('../../models/tessera-lm/tokenizer.json', import.meta.url))

/** The weights of a name are the same in every process. */
function weightOf(name: string): Float32Array {
  const { shape } = specs[name]!
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
  if (shape.length === 1) return values.fill(1)
  let seed = 7
  for (const character of name) seed = (Math.imul(seed, 31) + character.charCodeAt(0)) | 0
  const random = new Random(seed)
  // Variance 1/inputs keeps the sizes of activations through 30 layers.
  const width = Math.sqrt(12 / (name === 'embedding' ? shape[1]! : shape[0]!))
  for (let i = 0; i < values.length; i++) values[i] = width * (random.float() - 0.5)
  return values
}

export function randomCheckpoint(): Checkpoint {
  return {
    family,
    config,
    parameters: specs,
    tokenizer: null,
    identity: 'bench-smollm2-135m-2',
    weight: (name) => Promise.resolve(weightOf(name)),
    close: () => Promise.resolve(),
  }
}

/** The path of the model as a GGUF file, written when it is not there yet. llama.cpp ends on a file without a vocabulary. */
export async function ggufFile(folder: string, dtype: GgufType): Promise<string> {
  const path = join(folder, `smollm2-135m-random-3.${dtype}.gguf`)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    const tokenizer = await loadTokenizer(vocabulary)
    await saveGguf(path, { ...randomCheckpoint(), tokenizer }, { dtype })
  }
  return path
}
