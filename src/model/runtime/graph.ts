// A family's forward function as one graph over a cache: weights are constants in some precision, rows are ordered by
// time first and lane second (as the cache is), and whatever a caller may ask for is an output that costs
// nothing unless it is fetched: logits of chosen rows, hidden states and attention of every layer.
import {
  type Dim,
  expand,
  float,
  gather,
  type InputSpec,
  ints,
  concat,
  makeNode,
  mul,
  mulDims,
  type Program,
  reshape,
  split,
  type Tensor,
  trace,
} from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { Family } from '../families/family.ts'
import type { Net } from '../net.ts'
import { attention, type Segment } from './attention.ts'
import type { Precision } from './precision.ts'
import { GraphWeights, type StoredArrays, UseRecorder, type WeightUses } from './weights.ts'

/** What is special about a graph; each variant is a session of its own. */
export interface Variant {
  /** Slots in front that all lanes share. */
  prefix: boolean
  /** The rows of the lanes that are fed include those that this step writes (in-place.ts). */
  inPlace: boolean
  /** Noted values that come from outside. */
  patched: readonly string[]
}

/** What a graph takes weights from. */
type Source = Pick<GraphWeights, 'plain' | 'linear' | 'embed' | 'unembed'>

/** Inputs of every graph; dimensions of caches and biases have names of their own, since they broadcast. */
function inputsOf(config: DecoderConfig, { prefix, patched }: Variant): Record<string, InputSpec> {
  const { kvHeads, headDim, dim } = config
  const inputs: Record<string, InputSpec> = {
    ids: ints('time', 'lanes'),
    /** Embeddings in place of ids: 0 · looked up + given; without: 1 · looked up + 0. */
    keep: float(),
    given: float('givenTime', 'givenLanes', 'givenDim'),
    positions: ints('time', 'lanes'),
    /** Rows of cos and sin. */
    turns: ints('time', 'lanes'),
    cos: float('angles', headDim / 2),
    sin: float('angles', headDim / 2),
    bias: float('biasRows', 'time', 'slots'),
    /** Which of the time · lanes new tokens get logits. */
    rows: ints('rows'),
  }
  for (let layer = 0; layer < config.layers; layer++) {
    if (prefix) {
      inputs[`prefixKey.${layer}`] = float('prefix', kvHeads, headDim)
      inputs[`prefixValue.${layer}`] = float('prefix', kvHeads, headDim)
    }
    // Before this step, or all of them.
    inputs[`pastKey.${layer}`] = float('past', 'pastHeads', headDim)
    inputs[`pastValue.${layer}`] = float('past', 'pastHeads', headDim)
  }
  for (const name of patched) inputs[`patch.${name}`] = float('time', 'lanes', dim)
  return inputs
}

class InferenceNet implements Net {
  readonly outputs: Record<string, Tensor> = {}
  /** Every name that the family has noted. */
  readonly noted: string[] = []
  private readonly config: DecoderConfig
  private readonly source: Source
  private readonly inputs: Readonly<Record<string, Tensor>>
  private readonly variant: Variant
  private bias: Tensor | null = null
  private readonly unrotated = new Map<Tensor, Tensor>()

  constructor(
    config: DecoderConfig,
    source: Source,
    inputs: Readonly<Record<string, Tensor>>,
    variant: Variant,
  ) {
    this.config = config
    this.source = source
    this.inputs = inputs
    this.variant = variant
  }

  weight(name: string): Tensor {
    return this.source.plain(name)
  }

  linear(x: Tensor, name: string): Tensor {
    return this.source.linear(x, name)
  }

  embed(name: string, ids: Tensor): Tensor {
    return this.source.embed(name, ids)
  }

  unembed(x: Tensor, name: string): Tensor {
    return this.source.unembed(x, name)
  }

  rotate(x: Tensor): Tensor {
    const [time, lanes, heads, headDim] = x.shape as [Dim, Dim, number, number]
    const rotated = reshape(this.turn(reshape(x, [time, lanes, heads * headDim])), x.shape)
    this.unrotated.set(rotated, x)
    return rotated
  }

  /** Heads `[time, lanes, heads · headDim]`, rotated. */
  private turn(x: Tensor): Tensor {
    const { turns, cos, sin } = this.inputs
    return makeNode('RotaryEmbedding', [x, turns!, cos!, sin!], [{ dtype: 'float32', shape: x.shape }], {
      domain: 'com.microsoft',
      attributes: { interleaved: 0 },
    })[0]!
  }

  attend(layer: number, queries: Tensor, keys: Tensor, values: Tensor): Tensor {
    const { heads, kvHeads } = this.config
    const segmentOf = (kind: 'past' | 'prefix'): Segment => ({
      keys: this.inputs[`${kind}Key.${layer}`]!,
      values: this.inputs[`${kind}Value.${layer}`]!,
      shared: kind === 'prefix',
    })
    this.bias ??= groupedBias(this.inputs.bias!, heads / kvHeads)
    const rows = this.rowsBeforeQueries(queries, keys, values)
    const segments = [...(this.variant.prefix ? [segmentOf('prefix')] : []), segmentOf('past')]
    if (!this.variant.inPlace) segments.push(this.asSegment(rows.keys, rows.values))
    const { attended, probabilities } = attention(this.config, rows.queries, segments, this.bias)
    this.outputs[`attention.${layer}`] = probabilities
    this.outputs[`key.${layer}`] = rows.keys
    this.outputs[`value.${layer}`] = rows.values
    return attended
  }

  /**
   * All `[time, lanes, …]` and flat. The queries are made by an operator that has made the keys and the values, or that
   * depends on one that has: whoever has the queries may read the other two from the cache.
   */
  private rowsBeforeQueries(queries: Tensor, keys: Tensor, values: Tensor) {
    const { heads, kvHeads, headDim } = this.config
    const [time, lanes] = queries.shape as [Dim, Dim]
    const widths = [heads * headDim, kvHeads * headDim, kvHeads * headDim] as const
    const flat = (x: Tensor, width: number) => reshape(x, [time, lanes, width])
    const q = this.unrotated.get(queries)
    const k = this.unrotated.get(keys)
    const width = widths[0] + 2 * widths[1]
    if (q && k && piecesOfOne(q, k, values)) {
      // Rotated together, and cut apart after it.
      const together = flat(q.node.inputs[0]!, width)
      const [rotating, v] = split(together, [widths[0] + widths[1], widths[2]], 2)
      const [turnedQueries, turnedKeys] = split(this.turn(rotating!), widths.slice(0, 2), 2)
      return { queries: turnedQueries!, keys: turnedKeys!, values: v! }
    }
    const together = piecesOfOne(queries, keys, values)
      ? flat(queries.node.inputs[0]!, width)
      : concat([flat(queries, widths[0]), flat(keys, widths[1]), flat(values, widths[2])], 2)
    const [a, b, c] = split(together, widths, 2)
    return { queries: a!, keys: b!, values: c! }
  }

  private asSegment(keys: Tensor, values: Tensor): Segment {
    const { kvHeads, headDim } = this.config
    const shape = [keys.shape[0]!, mulDims(keys.shape[1]!, kvHeads), headDim]
    return { keys: reshape(keys, shape), values: reshape(values, shape), shared: false }
  }

  note(name: string, x: Tensor): Tensor {
    this.noted.push(name)
    const { keep, given } = this.inputs
    const value =
      name === 'embeddings'
        ? makeNode('Add', [mul(x, keep!), given!], [{ dtype: 'float32', shape: x.shape }])[0]!
        : (this.inputs[`patch.${name}`] ?? x)
    const layer = name === 'embeddings' ? 0 : Number(/^layers\.(\d+)\.output$/.exec(name)?.[1] ?? NaN) + 1
    if (layer < this.config.layers) this.outputs[`hidden.${layer}`] = value
    return value
  }
}

/** The three outputs of one Split, in order. */
function piecesOfOne(a: Tensor, b: Tensor, c: Tensor): boolean {
  const { node } = a
  return node.op === 'Split' && node.outputs.length === 3 && [a, b, c].every((x, i) => node.outputs[i] === x)
}

/** `[rows, time, slots]` for one query of a group → for all of them, `[rows, time · groups, slots]`; once a step. */
function groupedBias(bias: Tensor, groups: number): Tensor {
  const [rows, time, slots] = bias.shape as [Dim, Dim, Dim]
  const each = expand(reshape(bias, [rows, time, 1, slots]), [rows, time, groups, slots])
  return reshape(each, [rows, mulDims(time, groups), slots])
}

function build(
  family: Family,
  config: DecoderConfig,
  source: Source,
  variant: Variant,
): { program: Program; noted: string[] } {
  let noted: string[] = []
  const program = trace<string, string>(inputsOf(config, variant), (inputs) => {
    const net = new InferenceNet(config, source, inputs, variant)
    const { ids, positions, rows } = inputs
    const states = family.forward(config, net, { embeddings: null, ids: ids!, positions: positions! })
    const flat = reshape(states, [mulDims('time', 'lanes'), config.dim])
    noted = net.noted
    return {
      ...net.outputs,
      [`hidden.${config.layers}`]: states,
      logits: family.logits(config, net, gather(flat, rows!)),
    }
  })
  return { program, noted }
}

export function inferenceProgram(
  family: Family,
  config: DecoderConfig,
  arrays: StoredArrays,
  precision: Precision,
  variant: Variant,
): Program {
  return build(family, config, new GraphWeights(arrays, precision), variant).program
}

/** How the family uses its weights, and the names of the values that it notes. */
export function usesOf(
  family: Family,
  config: DecoderConfig,
): { uses: WeightUses; noted: readonly string[] } {
  const recorder = new UseRecorder(family.parameters(config))
  const { noted } = build(family, config, recorder, { prefix: false, inPlace: false, patched: [] })
  return { uses: recorder.uses, noted }
}
