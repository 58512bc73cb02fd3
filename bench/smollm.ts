// A model of SmolLM2-135M's shape with random weights, for us and for llama.cpp: the same numbers, as a checkpoint whose
// weights are made when they are read, and as GGUF files (v3) in F32, Q8_0 and Q4_0. Files are kept in
// .cache/bench between runs.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../src/core/index.ts'
import { type Checkpoint, familyOf } from '../src/model/index.ts'

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

export type GgufType = 'F32' | 'Q8_0' | 'Q4_0'

/** The path of the model as a GGUF file, written when it is not there yet. */
export function ggufFile(folder: string, type: GgufType): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `smollm2-135m-random-2.${type}.gguf`)
  if (!existsSync(path)) {
    const temporary = `${path}.${process.pid}.tmp`
    writeGguf(temporary, type)
    renameSync(temporary, path)
  }
  return path
}

export function fileSize(path: string): number {
  return statSync(path).size
}

interface GgufTensor {
  name: string
  rows: number
  columns: number
  /** Vectors stay in F32. */
  vector: boolean
  /** `[rows, columns]`, rows = outputs. */
  values: () => Float32Array
}

/** Rows `[from, to)` of the transpose of `[inputs, outputs]`. */
function outputsOf(weight: string, from: number, to: number): Float32Array {
  const [inputs, outputs] = specs[weight]!.shape as [number, number]
  const values = weightOf(weight)
  const rows = new Float32Array((to - from) * inputs)
  for (let o = from; o < to; o++) {
    for (let i = 0; i < inputs; i++) rows[(o - from) * inputs + i] = values[i * outputs + o]!
  }
  return rows
}

/** llama.cpp rotates neighbouring numbers where Hugging Face rotates halves: rows of each head change places. */
function interleaved(rows: Float32Array, columns: number): Float32Array {
  const half = config.headDim / 2
  const result = new Float32Array(rows.length)
  for (let r = 0; r < rows.length / columns; r++) {
    const [head, at] = [Math.floor(r / config.headDim), r % config.headDim]
    const target = head * config.headDim + (at % half) * 2 + Math.floor(at / half)
    result.set(rows.subarray(r * columns, (r + 1) * columns), target * columns)
  }
  return result
}

function tensors(): GgufTensor[] {
  const { dim, hidden, heads, kvHeads, headDim, vocabSize, layers } = config
  const vector = (name: string, weight: string): GgufTensor => ({
    name,
    rows: 1,
    columns: dim,
    vector: true,
    values: () => weightOf(weight),
  })
  const matrix = (name: string, rows: number, columns: number, values: () => Float32Array): GgufTensor => ({
    name,
    rows,
    columns,
    vector: false,
    values,
  })
  const list = [
    matrix('token_embd', vocabSize, dim, () => weightOf('embedding')),
    vector('output_norm', 'norm'),
  ]
  for (let l = 0; l < layers; l++) {
    const [q, kv] = [heads * headDim, kvHeads * headDim]
    const of = (weight: string) => `layers.${l}.${weight}`
    const at = (name: string) => `blk.${l}.${name}`
    list.push(
      vector(at('attn_norm'), of('norm1')),
      vector(at('ffn_norm'), of('norm2')),
      matrix(at('attn_q'), q, dim, () => interleaved(outputsOf(of('qkv'), 0, q), dim)),
      matrix(at('attn_k'), kv, dim, () => interleaved(outputsOf(of('qkv'), q, q + kv), dim)),
      matrix(at('attn_v'), kv, dim, () => outputsOf(of('qkv'), q + kv, q + 2 * kv)),
      matrix(at('attn_output'), dim, q, () => outputsOf(of('out'), 0, dim)),
      matrix(at('ffn_gate'), hidden, dim, () => outputsOf(of('gateUp'), 0, hidden)),
      matrix(at('ffn_up'), hidden, dim, () => outputsOf(of('gateUp'), hidden, 2 * hidden)),
      matrix(at('ffn_down'), dim, hidden, () => outputsOf(of('down'), 0, dim)),
    )
  }
  return list
}

const GGML = { F32: 0, Q4_0: 2, Q8_0: 8 }

function bytesOf(count: number, type: GgufType): number {
  return type === 'F32' ? 4 * count : (count / 32) * (type === 'Q8_0' ? 34 : 18)
}

/** IEEE half precision, for scales: normal numbers only, rounded to nearest. */
function half(value: number): number {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer) as unknown as [number]
  const exponent = ((bits >>> 23) & 255) - 112
  if (exponent <= 0) return 0
  return (((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff)) + ((bits >>> 12) & 1)
}

function encoded(values: Float32Array, type: GgufType): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const bytes = new Uint8Array(bytesOf(values.length, type))
  const view = new DataView(bytes.buffer)
  for (let from = 0, at = 0; from < values.length; from += 32) {
    let largest = 0
    for (let i = from; i < from + 32; i++) if (Math.abs(values[i]!) > Math.abs(largest)) largest = values[i]!
    const scale = type === 'Q8_0' ? Math.abs(largest) / 127 : largest / -8
    view.setUint16(at, half(scale), true)
    at += 2
    const inverse = scale === 0 ? 0 : 1 / scale
    if (type === 'Q8_0')
      for (let i = 0; i < 32; i++) view.setInt8(at++, Math.round(values[from + i]! * inverse))
    else {
      const code = (i: number) => Math.min(15, Math.floor(values[from + i]! * inverse + 8.5))
      for (let i = 0; i < 16; i++) bytes[at++] = code(i) | (code(i + 16) << 4)
    }
  }
  return bytes
}

type Value = string | number | { float: number } | readonly string[] | Float32Array | Int32Array

function writeGguf(path: string, type: GgufType): void {
  const special = ['<unk>', '<s>', '</s>']
  const names = Array.from({ length: config.vocabSize }, (_, id) => {
    if (id < 3) return special[id]!
    return id < 259 ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, '0')}>` : `▁t${id}`
  })
  const metadata: Record<string, Value> = {
    'general.architecture': 'llama',
    'general.name': 'random',
    'llama.context_length': config.maxPositions,
    'llama.embedding_length': config.dim,
    'llama.block_count': config.layers,
    'llama.feed_forward_length': config.hidden,
    'llama.attention.head_count': config.heads,
    'llama.attention.head_count_kv': config.kvHeads,
    'llama.attention.layer_norm_rms_epsilon': { float: config.epsilon },
    'llama.rope.freq_base': { float: config.ropeTheta },
    'llama.rope.dimension_count': config.headDim,
    'llama.vocab_size': config.vocabSize,
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': names,
    'tokenizer.ggml.scores': Float32Array.from(names, (_, id) => -id),
    'tokenizer.ggml.token_type': Int32Array.from(names, (_, id) =>
      id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1,
    ),
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
  }
  const list = tensors()
  const parts: Uint8Array[] = []
  const u32 = (value: number) => parts.push(new Uint8Array(Uint32Array.of(value).buffer))
  const u64 = (value: number) => parts.push(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer))
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value)
    u64(bytes.length)
    parts.push(bytes)
  }
  parts.push(new TextEncoder().encode('GGUF'))
  u32(3)
  u64(list.length)
  u64(Object.keys(metadata).length)
  for (const [key, value] of Object.entries(metadata)) {
    text(key)
    if (typeof value === 'string') {
      u32(8)
      text(value)
    } else if (typeof value === 'number') {
      u32(4)
      u32(value)
    } else if ('float' in value) {
      u32(6)
      parts.push(new Uint8Array(Float32Array.of(value.float).buffer))
    } else {
      u32(9)
      u32(value instanceof Float32Array ? 6 : value instanceof Int32Array ? 5 : 8)
      u64(value.length)
      if (value instanceof Float32Array || value instanceof Int32Array)
        parts.push(new Uint8Array(value.buffer))
      else for (const one of value) text(one)
    }
  }
  let offset = 0
  for (const { name, rows, columns, vector } of list) {
    text(`${name}.weight`)
    u32(vector ? 1 : 2)
    u64(columns)
    if (!vector) u64(rows)
    u32(GGML[vector ? 'F32' : type])
    u64(offset)
    offset += Math.ceil(bytesOf(rows * columns, vector ? 'F32' : type) / 32) * 32
  }
  const file = openSync(path, 'w')
  let at = 0
  const write = (bytes: Uint8Array) => (at += writeSync(file, bytes))
  write(Buffer.concat(parts))
  const align = () => at % 32 > 0 && write(new Uint8Array(32 - (at % 32)))
  align()
  for (const { vector, values } of list) {
    write(encoded(values(), vector ? 'F32' : type))
    align()
  }
  closeSync(file)
}
