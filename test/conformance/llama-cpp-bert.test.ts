// BERT beside llama.cpp (through node-llama-cpp): the same random weights in a GGUF file, whose pooled states are those
// of our encoder. llama.cpp computes GELU by its tanh form from a table of half-precision numbers, so ours takes
// the tanh form here, and the bound is that of half precision.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getLlama } from 'node-llama-cpp'
import { afterAll, expect, test } from 'vitest'
import { checkpointOf, loadEncoder } from '../../src/model/index.ts'
import {
  foreignWeights,
  SMALL_CONFIGS,
  smallModel,
  type SmallModel,
} from '../../src/model/testing/small-models.ts'

const disposals: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const dispose of disposals.reverse()) await dispose()
})

const [PAD, CLS, SEP] = [0, 2, 3]
const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']

/** Hugging Face's names → llama.cpp's. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^embeddings\.word_embeddings/, 'token_embd'],
  [/^embeddings\.position_embeddings/, 'position_embd'],
  [/^embeddings\.token_type_embeddings/, 'token_types'],
  [/^embeddings\.LayerNorm/, 'token_embd_norm'],
  [/^encoder\.layer\.(\d+)\.attention\.self\.query/, 'blk.$1.attn_q'],
  [/^encoder\.layer\.(\d+)\.attention\.self\.key/, 'blk.$1.attn_k'],
  [/^encoder\.layer\.(\d+)\.attention\.self\.value/, 'blk.$1.attn_v'],
  [/^encoder\.layer\.(\d+)\.attention\.output\.dense/, 'blk.$1.attn_output'],
  [/^encoder\.layer\.(\d+)\.attention\.output\.LayerNorm/, 'blk.$1.attn_output_norm'],
  [/^encoder\.layer\.(\d+)\.intermediate\.dense/, 'blk.$1.ffn_up'],
  [/^encoder\.layer\.(\d+)\.output\.dense/, 'blk.$1.ffn_down'],
  [/^encoder\.layer\.(\d+)\.output\.LayerNorm/, 'blk.$1.layer_output_norm'],
]

type Value = { u32: number } | { f32: number } | { bool: boolean } | string | string[] | number[]

/** Little-endian pieces of a GGUF file. */
class Pieces {
  readonly parts: Buffer[] = []

  number(value: number | bigint, as: 'u32' | 'u64' | 'f32'): this {
    const piece = Buffer.alloc(as === 'u64' ? 8 : 4)
    if (as === 'u64') piece.writeBigUInt64LE(BigInt(value))
    else if (as === 'u32') piece.writeUInt32LE(Number(value))
    else piece.writeFloatLE(Number(value))
    this.parts.push(piece)
    return this
  }

  text(value: string): this {
    this.number(Buffer.byteLength(value), 'u64').parts.push(Buffer.from(value))
    return this
  }

  value(value: Value): this {
    if (typeof value === 'string') return this.number(8, 'u32').text(value)
    if (Array.isArray(value)) {
      const texts = typeof value[0] === 'string'
      this.number(9, 'u32')
        .number(texts ? 8 : 5, 'u32')
        .number(value.length, 'u64')
      for (const one of value) texts ? this.text(one as string) : this.number(one as number, 'u32')
      return this
    }
    if ('u32' in value) return this.number(4, 'u32').number(value.u32, 'u32')
    if ('f32' in value) return this.number(6, 'u32').number(value.f32, 'f32')
    this.number(7, 'u32').parts.push(Buffer.of(value.bool ? 1 : 0))
    return this
  }
}

function ggufOf(model: SmallModel, pooling: number): Buffer {
  const { dim, heads, hidden, layers, maxPositions, epsilon, vocabSize } = model.config
  const metadata: Record<string, Value> = {
    'general.architecture': 'bert',
    'bert.context_length': { u32: maxPositions },
    'bert.embedding_length': { u32: dim },
    'bert.feed_forward_length': { u32: hidden },
    'bert.block_count': { u32: layers },
    'bert.attention.head_count': { u32: heads },
    'bert.attention.layer_norm_epsilon': { f32: epsilon },
    'bert.attention.causal': { bool: false },
    'bert.pooling_type': { u32: pooling },
    'tokenizer.ggml.model': 'bert',
    'tokenizer.ggml.tokens': Array.from({ length: vocabSize }, (_, i) => SPECIALS[i] ?? `▁w${i}`),
    'tokenizer.ggml.token_type': Array.from({ length: vocabSize }, (_, i) => (i < SPECIALS.length ? 3 : 1)),
    'tokenizer.ggml.token_type_count': { u32: model.config.encoder!.tokenTypes },
    'tokenizer.ggml.bos_token_id': { u32: CLS },
    'tokenizer.ggml.eos_token_id': { u32: SEP },
    'tokenizer.ggml.cls_token_id': { u32: CLS },
    'tokenizer.ggml.seperator_token_id': { u32: SEP },
    'tokenizer.ggml.padding_token_id': { u32: PAD },
    'tokenizer.ggml.unknown_token_id': { u32: 1 },
    'tokenizer.ggml.mask_token_id': { u32: 4 },
  }
  const tensors = [...foreignWeights(model)].flatMap(([name, tensor]) => {
    const found = NAMES.find(([pattern]) => pattern.test(name))
    return found ? [{ name: name.replace(...found), ...tensor }] : []
  })
  const head = new Pieces()
  head.parts.push(Buffer.from('GGUF'))
  head.number(3, 'u32').number(tensors.length, 'u64').number(Object.keys(metadata).length, 'u64')
  for (const [key, value] of Object.entries(metadata)) head.text(key).value(value)
  const padded = (length: number) => Math.ceil(length / 32) * 32
  let offset = 0
  for (const { name, shape, data } of tensors) {
    head.text(name).number(shape.length, 'u32')
    for (const size of shape.toReversed()) head.number(size, 'u64')
    head.number(0, 'u32').number(offset, 'u64')
    offset = padded(offset + data.byteLength)
  }
  const front = Buffer.concat(head.parts)
  const file = Buffer.alloc(padded(front.length) + offset)
  front.copy(file)
  let at = padded(front.length)
  for (const { data } of tensors) {
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(file, at)
    at += padded(data.byteLength)
  }
  return file
}

test('states pooled by the first token and by their mean', async () => {
  const json = {
    ...SMALL_CONFIGS.bert,
    hidden_size: 64,
    intermediate_size: 96,
    hidden_act: 'gelu_new',
    layer_norm_eps: 1e-6,
  }
  const model = smallModel(json, 51)
  const { family, config, parameters } = model
  const ours = await loadEncoder(checkpointOf(family, config, parameters))
  disposals.push(() => ours.release())
  const folder = await mkdtemp(join(tmpdir(), 'tessera-bert-gguf-'))
  disposals.push(() => rm(folder, { recursive: true }))
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' as never })
  disposals.push(() => llama.dispose())
  const texts = [
    [CLS, 17, 40, 8, 23, 23, 60, 5, 31, SEP],
    [CLS, 9, SEP],
  ]
  for (const [type, pooling] of [
    [1, 'mean'],
    [2, 'first'],
  ] as const) {
    const path = join(folder, `${pooling}.gguf`)
    await writeFile(path, ggufOf(model, type))
    const theirs = await llama.loadModel({ modelPath: path })
    const context = await theirs.createEmbeddingContext({ contextSize: 32, batchSize: 32, threads: 1 })
    for (const ids of texts) {
      const { vector } = await context.getEmbeddingFor(ids as never)
      const { hidden } = await ours.encode([ids])
      const pooled = Array.from({ length: config.dim }, (_, d) => {
        const column = ids.map((_, t) => hidden[t * config.dim + d]!)
        return pooling === 'first' ? column[0]! : column.reduce((a, b) => a + b) / ids.length
      })
      const top = Math.max(...pooled.map(Math.abs))
      const error = Math.max(...pooled.map((x, d) => Math.abs(x - vector[d]!))) / top
      expect(error).toBeLessThan(2e-3)
    }
    await theirs.dispose()
  }
})
