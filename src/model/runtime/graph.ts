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
  makeNode,
  mul,
  mulDims,
  type Program,
  reshape,
  type Tensor,
  trace,
} from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { Family } from '../families/family.ts'
import type { Net } from '../net.ts'
import { attention, type LayerRows } from './attention.ts'
import type { Precision } from './precision.ts'
import { GraphWeights, type StoredArrays, UseRecorder, type WeightUses } from './weights.ts'

/** What is special about a graph; each variant is a session of its own. */
export interface Variant {
  /** Slots in front that all lanes share. */
  prefix: boolean
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
    const flat = reshape(x, [time, lanes, heads * headDim])
    const { turns, cos, sin } = this.inputs
    const rotated = makeNode(
      'RotaryEmbedding',
      [flat, turns!, cos!, sin!],
      [{ dtype: 'float32', shape: flat.shape }],
      {
        domain: 'com.microsoft',
        attributes: { interleaved: 0 },
      },
    )[0]!
    return reshape(rotated, x.shape)
  }

  attend(layer: number, queries: Tensor, keys: Tensor, values: Tensor): Tensor {
    const rows = (kind: 'past' | 'prefix'): LayerRows => ({
      keys: this.inputs[`${kind}Key.${layer}`]!,
      values: this.inputs[`${kind}Value.${layer}`]!,
    })
    this.bias ??= groupedBias(this.inputs.bias!, this.config.heads / this.config.kvHeads)
    const prefix = this.variant.prefix ? rows('prefix') : null
    const result = attention(this.config, {
      queries,
      keys,
      values,
      past: rows('past'),
      prefix,
      bias: this.bias,
    })
    this.outputs[`attention.${layer}`] = result.probabilities
    this.outputs[`key.${layer}`] = result.keys
    this.outputs[`value.${layer}`] = result.values
    return result.attended
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
  const { noted } = build(family, config, recorder, { prefix: false, patched: [] })
  return { uses: recorder.uses, noted }
}
