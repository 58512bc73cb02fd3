// Small random models of every family, for tests: weights of no pattern (gains not 1, biases not 0), and the same
// weights under Hugging Face's names and in its layout.
import { Random } from '../../core/index.ts'
import { Parameters } from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'
import { familyOf } from '../families/index.ts'
import type { Family } from '../families/family.ts'

export interface SmallModel {
  family: Family
  config: DecoderConfig
  parameters: Parameters
}

/** A model of a config.json, with random weights. */
export function smallModel(json: Readonly<Record<string, unknown>>, seed = 1): SmallModel {
  const family = familyOf(json)
  const config = family.config(json)
  const specs = family.parameters(config)
  const parameters = new Parameters(specs)
  const random = new Random(seed)
  for (const { name, shape, start, end } of parameters.views) {
    const [constant] = 'constant' in specs[name]!.initial ? [specs[name]!.initial.constant] : [0]
    const spread = shape.length > 1 && !/relative/.test(name) ? 1.5 / Math.sqrt(shape[0]!) : 0.3
    for (let i = start; i < end; i++) parameters.values[i] = constant + spread * 2 * (random.float() - 0.5)
  }
  return { family, config, parameters }
}

export interface ForeignTensor {
  shape: readonly number[]
  data: Float32Array
}

/** The weights as Hugging Face names and lays them out. */
export function foreignWeights({ family, config, parameters }: SmallModel): Map<string, ForeignTensor> {
  const tensors = new Map<string, ForeignTensor>()
  for (const [name, { names, transposed }] of Object.entries(family.sources(config))) {
    const { shape } = parameters.views.find((view) => view.name === name)!
    const data = parameters.of(name)
    const columns = shape.at(-1)!
    const rows = data.length / columns
    const queries = config.heads * config.headDim
    let start = 0
    for (const [part, foreign] of names.entries()) {
      // Only queries, keys and values side by side may differ in width.
      const width =
        names.length === 3 ? (part === 0 ? queries : (columns - queries) / 2) : columns / names.length
      const values = new Float32Array(rows * width)
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < width; c++) {
          values[transposed ? c * rows + r : r * width + c] = data[r * columns + start + c]!
        }
      }
      start += width
      tensors.set(foreign, {
        shape: shape.length === 1 ? [width] : transposed ? [width, rows] : [rows, width],
        data: values,
      })
    }
  }
  return tensors
}

const tiny = { vocab_size: 61, bos_token_id: 1, eos_token_id: 2 }
const llamaShape = {
  ...tiny,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 40,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
}
const bertShape = {
  vocab_size: 61,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 40,
  max_position_embeddings: 32,
  layer_norm_eps: 1e-12,
}
const t5Shape = {
  vocab_size: 61,
  d_model: 24,
  d_kv: 5,
  d_ff: 40,
  num_layers: 2,
  num_heads: 4,
  pad_token_id: 0,
  eos_token_id: 1,
  decoder_start_token_id: 0,
  // Few enough that test sequences reach the logarithmic ones and the last.
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 12,
}

/** config.json of small models, each with what its family is special for. */
export const SMALL_CONFIGS = {
  llama: { architectures: ['LlamaForCausalLM'], ...llamaShape, tie_word_embeddings: true },
  'llama 3 scaling': {
    architectures: ['LlamaForCausalLM'],
    ...llamaShape,
    head_dim: 16,
    rope_theta: 500,
    // Of the eight frequencies some are kept, some divided, some between.
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    },
  },
  mistral: { architectures: ['MistralForCausalLM'], ...llamaShape, head_dim: 8, sliding_window: 5 },
  qwen2: { architectures: ['Qwen2ForCausalLM'], ...llamaShape, rope_theta: 1e6, tie_word_embeddings: true },
  qwen3: { architectures: ['Qwen3ForCausalLM'], ...llamaShape, head_dim: 10, rope_theta: 1e6 },
  gpt2: { architectures: ['GPT2LMHeadModel'], ...tiny, n_embd: 24, n_layer: 2, n_head: 4, n_positions: 64 },
  bert: { architectures: ['BertModel'], ...bertShape },
  'bert masked': { architectures: ['BertForMaskedLM'], ...bertShape, type_vocab_size: 3 },
  t5: { architectures: ['T5ForConditionalGeneration'], ...t5Shape },
  byt5: {
    architectures: ['T5ForConditionalGeneration'],
    ...t5Shape,
    num_decoder_layers: 1,
    feed_forward_proj: 'gated-gelu',
    tie_word_embeddings: false,
  },
} as const
