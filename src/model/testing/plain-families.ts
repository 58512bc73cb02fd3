// The families once more, as loops over Float64 written from the papers and from Hugging Face's definitions, on
// tensors with Hugging Face's names and layout. Slow and plain: it shares no line with the families, and one
// text at a time needs neither batches nor padding.
import type { ForeignTensor } from './small-models.ts'

type Vector = number[]
type Weights = ReadonlyMap<string, ForeignTensor>
type Json = Readonly<Record<string, unknown>>

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let total = 0
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!
  return total
}
const plus = (a: Vector, b: Vector) => a.map((x, i) => x + b[i]!)

class Reader {
  readonly json: Json
  private readonly weights: Weights

  constructor(json: Json, weights: Weights) {
    this.json = json
    this.weights = weights
  }

  number(key: string, standard?: number): number {
    return (this.json[key] as number | undefined) ?? standard!
  }

  get(name: string): ForeignTensor {
    const found = this.weights.get(name)
    if (!found) throw new Error(`The reference asks for ${name}`)
    return found
  }

  has(name: string): boolean {
    return this.weights.has(name)
  }

  row(name: string, index: number): Vector {
    const { shape, data } = this.get(name)
    return [...data.subarray(index * shape[1]!, (index + 1) * shape[1]!)]
  }

  /** torch.nn.Linear: weight [out, in]. */
  linear(x: Vector, name: string): Vector {
    const { shape, data } = this.get(`${name}.weight`)
    const bias = this.has(`${name}.bias`) ? this.get(`${name}.bias`).data : null
    return Array.from(
      { length: shape[0]! },
      (_, o) => dot(x, data.subarray(o * x.length, (o + 1) * x.length)) + (bias?.[o] ?? 0),
    )
  }

  /** GPT-2's Conv1D: weight [in, out]. */
  conv1d(x: Vector, name: string): Vector {
    const { shape, data } = this.get(`${name}.weight`)
    const out = [...this.get(`${name}.bias`).data]
    return out.map((b, o) => x.reduce((sum, value, i) => sum + value * data[i * shape[1]! + o]!, b))
  }

  layerNorm(x: Vector, name: string, epsilon: number): Vector {
    const mean = x.reduce((a, b) => a + b) / x.length
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length
    const gain = this.get(`${name}.weight`).data
    const shift = this.get(`${name}.bias`).data
    return x.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * gain[i]! + shift[i]!)
  }

  rmsNorm(x: Vector, name: string, epsilon: number): Vector {
    const power = x.reduce((a, b) => a + b * b, 0) / x.length
    const gain = this.get(`${name}.weight`).data
    return x.map((v, i) => (v / Math.sqrt(power + epsilon)) * gain[i]!)
  }
}

/** 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms are all of one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x)
  let term = x
  let total = x
  for (let n = 1; n < 200; n++) total += term *= (2 * x * x) / (2 * n + 1)
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total
}
const gelu = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2))
const geluNew = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
const relu = (x: number) => Math.max(x, 0)
const silu = (x: number) => x / (1 + Math.exp(-x))

interface Attention {
  heads: number
  kvHeads?: number
  scale: number
  sees: (query: number, key: number) => boolean
  bias?: (head: number, query: number, key: number) => number
}

/** Queries, keys and values of each token, heads side by side. */
function attend(q: Vector[], k: Vector[], v: Vector[], a: Attention): Vector[] {
  const size = q[0]!.length / a.heads
  const groups = a.heads / (a.kvHeads ?? a.heads)
  const part = (x: Vector, head: number) => x.slice(head * size, (head + 1) * size)
  return q.map((query, i) =>
    Array.from({ length: a.heads }, (_, h) => {
      const own = Math.floor(h / groups)
      const seen = k.flatMap((_, j) => (a.sees(i, j) ? [j] : []))
      const scores = seen.map(
        (j) => dot(part(query, h), part(k[j]!, own)) * a.scale + (a.bias?.(h, i, j) ?? 0),
      )
      const top = Math.max(...scores)
      const weights = scores.map((s) => Math.exp(s - top))
      const total = weights.reduce((x, y) => x + y)
      return Array.from({ length: size }, (_, d) =>
        seen.reduce((sum, j, n) => sum + (weights[n]! / total) * v[j]![own * size + d]!, 0),
      )
    }).flat(),
  )
}

export function plainGpt2(json: Json, weights: Weights, ids: readonly number[]): Vector[] {
  const r = new Reader(json, weights)
  const [dim, heads] = [r.number('n_embd'), r.number('n_head')]
  const epsilon = r.number('layer_norm_epsilon', 1e-5)
  let x = ids.map((id, i) => plus(r.row('transformer.wte.weight', id), r.row('transformer.wpe.weight', i)))
  for (let l = 0; l < r.number('n_layer'); l++) {
    const at = `transformer.h.${l}`
    const qkv = x.map((row) => r.conv1d(r.layerNorm(row, `${at}.ln_1`, epsilon), `${at}.attn.c_attn`))
    const [q, k, v] = [0, 1, 2].map((n) => qkv.map((row) => row.slice(n * dim, (n + 1) * dim)))
    const mixed = attend(q!, k!, v!, { heads, scale: (dim / heads) ** -0.5, sees: (i, j) => j <= i })
    x = x.map((row, i) => plus(row, r.conv1d(mixed[i]!, `${at}.attn.c_proj`)))
    x = x.map((row) => {
      const up = r.conv1d(r.layerNorm(row, `${at}.ln_2`, epsilon), `${at}.mlp.c_fc`)
      return plus(row, r.conv1d(up.map(geluNew), `${at}.mlp.c_proj`))
    })
  }
  return x.map((row) => {
    const state = r.layerNorm(row, 'transformer.ln_f', epsilon)
    return Array.from({ length: r.number('vocab_size') }, (_, id) =>
      dot(state, r.row('transformer.wte.weight', id)),
    )
  })
}

export function plainBert(
  json: Json,
  weights: Weights,
  ids: readonly number[],
  types: readonly number[],
): { states: Vector[]; pooled: Vector | null; logits: Vector[] | null } {
  const r = new Reader(json, weights)
  const [dim, heads] = [r.number('hidden_size'), r.number('num_attention_heads')]
  const base = r.has('bert.embeddings.word_embeddings.weight') ? 'bert.' : ''
  const epsilon = r.number('layer_norm_eps')
  const at = `${base}embeddings.`
  let x = ids.map((id, i) => {
    const word = r.row(`${at}word_embeddings.weight`, id)
    const type = r.row(`${at}token_type_embeddings.weight`, types[i]!)
    const sum = plus(plus(word, type), r.row(`${at}position_embeddings.weight`, i))
    return r.layerNorm(sum, `${at}LayerNorm`, epsilon)
  })
  for (let l = 0; l < r.number('num_hidden_layers'); l++) {
    const layer = `${base}encoder.layer.${l}.`
    const [q, k, v] = ['query', 'key', 'value'].map((part) =>
      x.map((row) => r.linear(row, `${layer}attention.self.${part}`)),
    )
    const mixed = attend(q!, k!, v!, { heads, scale: 1 / Math.sqrt(dim / heads), sees: () => true })
    x = x.map((row, i) => {
      const sum = plus(row, r.linear(mixed[i]!, `${layer}attention.output.dense`))
      return r.layerNorm(sum, `${layer}attention.output.LayerNorm`, epsilon)
    })
    x = x.map((row) => {
      const up = r.linear(row, `${layer}intermediate.dense`).map(gelu)
      return r.layerNorm(plus(row, r.linear(up, `${layer}output.dense`)), `${layer}output.LayerNorm`, epsilon)
    })
  }
  const pooler = `${base}pooler.dense`
  const logits = r.has('cls.predictions.bias')
    ? x.map((row) => {
        const changed = r.linear(row, 'cls.predictions.transform.dense').map(gelu)
        const state = r.layerNorm(changed, 'cls.predictions.transform.LayerNorm', epsilon)
        return [...r.get('cls.predictions.bias').data].map(
          (b, id) => b + dot(state, r.row(`${at}word_embeddings.weight`, id)),
        )
      })
    : null
  const pooled = r.has(`${pooler}.weight`) ? r.linear(x[0]!, pooler).map(Math.tanh) : null
  return { states: x, pooled, logits }
}

/** `T5Attention._relative_position_bucket` for one pair. */
function bucketOf(offset: number, both: boolean, buckets: number, furthest: number): number {
  const half = both ? buckets / 2 : buckets
  const first = both && offset > 0 ? half : 0
  const distance = both ? Math.abs(offset) : -Math.min(offset, 0)
  const exact = Math.floor(half / 2)
  if (distance < exact) return first + distance
  const far = (Math.log(distance / exact) / Math.log(furthest / exact)) * (half - exact)
  // A hair above, since borders at powers of two are whole numbers that Float64 may miss.
  return first + Math.min(exact + Math.floor(far + 1e-9), half - 1)
}

export function plainT5(
  json: Json,
  weights: Weights,
  ids: readonly number[],
  decoderIds: readonly number[],
): { states: Vector[]; logits: Vector[] } {
  const r = new Reader(json, weights)
  const heads = r.number('num_heads')
  const epsilon = r.number('layer_norm_epsilon', 1e-6)
  const gated = json.feed_forward_proj === 'gated-gelu'
  const buckets = r.number('relative_attention_num_buckets')
  const furthest = r.number('relative_attention_max_distance')
  const all = (rows: Vector[], name: string) => rows.map((row) => r.linear(row, name))
  const normed = (rows: Vector[], name: string) => rows.map((row) => r.rmsNorm(row, name, epsilon))
  const added = (x: Vector[], y: Vector[]) => x.map((row, i) => plus(row, y[i]!))
  const side = (name: string, layers: number, tokens: readonly number[], encoded: Vector[] | null) => {
    const both = encoded === null
    const table = `${name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`
    const bias = (h: number, i: number, j: number) =>
      r.row(table, bucketOf(j - i, both, buckets, furthest))[h]!
    const sees = (i: number, j: number) => both || j <= i
    let x = tokens.map((id) => r.row('shared.weight', id))
    for (let l = 0; l < layers; l++) {
      const block = `${name}.block.${l}.layer`
      const self = `${block}.0.SelfAttention`
      const y = normed(x, `${block}.0.layer_norm`)
      const own = attend(all(y, `${self}.q`), all(y, `${self}.k`), all(y, `${self}.v`), {
        heads,
        scale: 1,
        sees,
        bias,
      })
      x = added(x, all(own, `${self}.o`))
      if (encoded) {
        const cross = `${block}.1.EncDecAttention`
        const queries = all(normed(x, `${block}.1.layer_norm`), `${cross}.q`)
        const other = attend(queries, all(encoded, `${cross}.k`), all(encoded, `${cross}.v`), {
          heads,
          scale: 1,
          sees: () => true,
        })
        x = added(x, all(other, `${cross}.o`))
      }
      const last = encoded ? 2 : 1
      const feed = `${block}.${last}.DenseReluDense`
      const z = normed(x, `${block}.${last}.layer_norm`)
      const up = gated
        ? z.map((row) => {
            const rest = r.linear(row, `${feed}.wi_1`)
            return r.linear(row, `${feed}.wi_0`).map((g, i) => geluNew(g) * rest[i]!)
          })
        : z.map((row) => r.linear(row, `${feed}.wi`).map(relu))
      x = added(x, all(up, `${feed}.wo`))
    }
    return normed(x, `${name}.final_layer_norm`)
  }
  const layers = r.number('num_layers')
  const states = side('encoder', layers, ids, null)
  const out = side('decoder', r.number('num_decoder_layers', layers), decoderIds, states)
  const dim = r.number('d_model')
  const logits = out.map((row) =>
    json.tie_word_embeddings === false
      ? r.linear(row, 'lm_head')
      : Array.from({ length: r.number('vocab_size') }, (_, id) =>
          dot(
            row.map((v) => v / Math.sqrt(dim)),
            r.row('shared.weight', id),
          ),
        ),
  )
  return { states, logits }
}

/** Radians per position; Llama 3's rule by wavelengths, as `_compute_llama3_parameters` has it. */
function frequencies(r: Reader, size: number): number[] {
  const scaling = r.json.rope_scaling as Record<string, number> | undefined
  return Array.from({ length: size / 2 }, (_, i) => {
    const frequency = 1 / r.number('rope_theta', 10_000) ** ((2 * i) / size)
    if (!scaling) return frequency
    const original = scaling.original_max_position_embeddings!
    const length = (2 * Math.PI) / frequency
    if (length > original / scaling.low_freq_factor!) return frequency / scaling.factor!
    if (length < original / scaling.high_freq_factor!) return frequency
    const smooth =
      (original / length - scaling.low_freq_factor!) / (scaling.high_freq_factor! - scaling.low_freq_factor!)
    return ((1 - smooth) * frequency) / scaling.factor! + smooth * frequency
  })
}

/** Llama, Mistral, Qwen2 and Qwen3. */
export function plainLlama(json: Json, weights: Weights, ids: readonly number[]): Vector[] {
  const r = new Reader(json, weights)
  const [heads, kvHeads] = [r.number('num_attention_heads'), r.number('num_key_value_heads')]
  const size = r.number('head_dim', r.number('hidden_size') / heads)
  const epsilon = r.number('rms_norm_eps')
  const architecture = (json.architectures as string[])[0]
  const window = architecture === 'MistralForCausalLM' ? r.number('sliding_window') : Infinity
  const angles = frequencies(r, size)
  const turn = (head: Vector, position: number) =>
    head.map((value, i) => {
      const angle = position * angles[i % (size / 2)]!
      const other = i < size / 2 ? -head[i + size / 2]! : head[i - size / 2]!
      return value * Math.cos(angle) + other * Math.sin(angle)
    })
  const turned = (rows: Vector[], count: number, norm: string) =>
    rows.map((row, position) =>
      Array.from({ length: count }, (_, h) => {
        const head = row.slice(h * size, (h + 1) * size)
        return turn(r.has(`${norm}.weight`) ? r.rmsNorm(head, norm, epsilon) : head, position)
      }).flat(),
    )
  let x = ids.map((id) => r.row('model.embed_tokens.weight', id))
  for (let l = 0; l < r.number('num_hidden_layers'); l++) {
    const at = `model.layers.${l}.`
    const y = x.map((row) => r.rmsNorm(row, `${at}input_layernorm`, epsilon))
    const [q, k, v] = ['q', 'k', 'v'].map((part) =>
      y.map((row) => r.linear(row, `${at}self_attn.${part}_proj`)),
    )
    const mixed = attend(
      turned(q!, heads, `${at}self_attn.q_norm`),
      turned(k!, kvHeads, `${at}self_attn.k_norm`),
      v!,
      { heads, kvHeads, scale: size ** -0.5, sees: (i, j) => j <= i && j > i - window },
    )
    x = x.map((row, i) => plus(row, r.linear(mixed[i]!, `${at}self_attn.o_proj`)))
    x = x.map((row) => {
      const z = r.rmsNorm(row, `${at}post_attention_layernorm`, epsilon)
      const up = r.linear(z, `${at}mlp.up_proj`)
      const gate = r.linear(z, `${at}mlp.gate_proj`).map((g, i) => silu(g) * up[i]!)
      return plus(row, r.linear(gate, `${at}mlp.down_proj`))
    })
  }
  const head = r.has('lm_head.weight') ? 'lm_head.weight' : 'model.embed_tokens.weight'
  return x.map((row) => {
    const state = r.rmsNorm(row, 'model.norm', epsilon)
    return Array.from({ length: r.number('vocab_size') }, (_, id) => dot(state, r.row(head, id)))
  })
}
