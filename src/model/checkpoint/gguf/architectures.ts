// What llama.cpp calls things: an architecture for a family's models, a name for each of their tensors. Two of them
// lie differently there: every matrix is [out, in] (GPT-2's, too), and Llama's queries and keys are ordered
// for a rotation of neighbouring numbers where Hugging Face rotates the two halves of a head.
// Source: ggml-org/llama.cpp, gguf-py/gguf/tensor_mapping.py, convert_hf_to_gguf.py (permute).
import type { ParameterSpecs } from '../../../tensor/index.ts'
import type { DecoderConfig } from '../../config.ts'
import type { Family, WeightSource } from '../../families/family.ts'

export interface GgufArchitecture {
  /** `general.architecture`. */
  name: string
  /** Hugging Face's `architectures`, by our names of the families; the first is taken where a file does not say. */
  models: Readonly<Record<string, string>>
  /** Names of a layer's tensors: Hugging Face's behind the layer's number, llama.cpp's. */
  layer: Readonly<Record<string, string>>
  /** Names outside of the layers. */
  outside: Readonly<Record<string, string>>
  /** Heads of queries and keys are interleaved. */
  interleaved: boolean
}

const LLAMA_LAYER = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}
const LLAMA_OUTSIDE = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
}

export const GGUF_ARCHITECTURES: readonly GgufArchitecture[] = [
  {
    name: 'llama',
    models: { llama: 'LlamaForCausalLM', mistral: 'MistralForCausalLM' },
    layer: LLAMA_LAYER,
    outside: LLAMA_OUTSIDE,
    interleaved: true,
  },
  {
    name: 'qwen2',
    models: { qwen2: 'Qwen2ForCausalLM' },
    layer: LLAMA_LAYER,
    outside: LLAMA_OUTSIDE,
    interleaved: false,
  },
  {
    name: 'qwen3',
    models: { qwen3: 'Qwen3ForCausalLM' },
    layer: LLAMA_LAYER,
    outside: LLAMA_OUTSIDE,
    interleaved: false,
  },
  {
    name: 'gpt2',
    models: { gpt2: 'GPT2LMHeadModel' },
    layer: {
      ln_1: 'attn_norm',
      'attn.c_attn': 'attn_qkv',
      'attn.c_proj': 'attn_output',
      ln_2: 'ffn_norm',
      'mlp.c_fc': 'ffn_up',
      'mlp.c_proj': 'ffn_down',
    },
    outside: {
      'transformer.wte': 'token_embd',
      'transformer.wpe': 'position_embd',
      'transformer.ln_f': 'output_norm',
      lm_head: 'output',
    },
    interleaved: false,
  },
]

/** llama.cpp's name of a tensor of Hugging Face's; undefined for one that the architecture does not have. */
function ggufName({ layer, outside }: GgufArchitecture, name: string): string | undefined {
  const [, stem, kind] = /^(.+)\.(weight|bias)$/.exec(name) ?? []
  if (stem === undefined) return undefined
  if (Object.hasOwn(outside, stem)) return `${outside[stem]}.${kind}`
  const [, number, rest] = /\.(\d+)\.(.+)$/.exec(stem) ?? []
  return rest !== undefined && Object.hasOwn(layer, rest) ? `blk.${number}.${layer[rest]}.${kind}` : undefined
}

/** Where each weight of ours lies in a GGUF file. */
export function ggufSources(
  architecture: GgufArchitecture,
  family: Family,
  config: DecoderConfig,
  parameters: ParameterSpecs,
): Record<string, WeightSource> {
  const sources = Object.entries(family.sources(config)).map(([name, source]): [string, WeightSource] => {
    const names = source.names.map((one) => {
      const found = ggufName(architecture, one)
      if (found === undefined) throw new Error(`llama.cpp's ${architecture.name} has no ${one}`)
      return found
    })
    const lookedUp = /^(token|position)_embd\./.test(names[0]!)
    return [name, { ...source, names, transposed: parameters[name]!.shape.length === 2 && !lookedUp }]
  })
  return Object.fromEntries(sources)
}

/** Whether the rows of a tensor (by its name in the file) are interleaved. */
export function isInterleaved({ interleaved }: GgufArchitecture, name: string): boolean {
  return interleaved && /\.attn_[qk]\.(weight|bias)$/.test(name)
}

/**
 * Rows of each head from halves to neighbours (`out`) or back: row `half · headDim/2 + i` ⇄ row `2i + half`. Takes
 * `[heads · headDim, columns]`.
 */
export function reordered(
  values: Float32Array,
  headDim: number,
  columns: number,
  out: boolean,
): Float32Array {
  const half = headDim / 2
  const result = new Float32Array(values.length)
  for (let row = 0; row < values.length / columns; row++) {
    const at = row % headDim
    const halves = row
    const neighbours = row - at + 2 * (at % half) + (at < half ? 0 : 1)
    const [from, to] = out ? [halves, neighbours] : [neighbours, halves]
    result.set(values.subarray(from * columns, (from + 1) * columns), to * columns)
  }
  return result
}
