// What a model is before anything computes with it: its family, its sizes, its weights when they are asked for.
// Files of any format are opened to this; so are weights that are in memory already, as after training.
import { TesseraError } from '../../core/index.ts'
import type { Parameters, ParameterSpecs } from '../../tensor/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { Family } from '../families/family.ts'

/** A model, opened: nothing is computed with yet. */
export interface Checkpoint {
  readonly family: Family
  readonly config: DecoderConfig
  /** Names and shapes of the weights, as the family has them. */
  readonly parameters: ParameterSpecs
  /**
   * A weight under the family's own name and in its layout, float32; read when asked for. Throws
   * ARGUMENT_INVALID for a name that the family does not have.
   */
  weight(name: string): Promise<Float32Array>
  readonly tokenizer: Tokenizer | null
  /** Equal for equal weights, and fit for a file name: converted weights are kept under it. */
  readonly identity: string
  close(): Promise<void>
}

/**
 * Weights in memory as a checkpoint. They are not copied: whoever trains on goes on in a copy. Throws
 * SHAPE_MISMATCH when the parameters are not those of the family at this size.
 */
export function checkpointOf(
  family: Family,
  config: DecoderConfig,
  parameters: Parameters,
  tokenizer: Tokenizer | null = null,
): Checkpoint {
  const specs = family.parameters(config)
  for (const [name, { shape }] of Object.entries(specs)) {
    const view = parameters.views.find((one) => one.name === name)
    if (view?.shape.join() !== shape.join()) {
      throw new TesseraError(
        'SHAPE_MISMATCH',
        `The weight ${name} is [${view?.shape.join(', ') ?? 'missing'}]; the model's is [${shape.join(', ')}]`,
      )
    }
  }
  let identity: string | undefined
  return {
    family,
    config,
    parameters: specs,
    tokenizer,
    weight: (name) => Promise.resolve(parameters.of(name)),
    get identity() {
      identity ??= `memory-${digest(parameters.values)}-${digest(JSON.stringify([family.name, config]))}`
      return identity
    },
    close: () => Promise.resolve(),
  }
}

/** 64 bits over all bits of an array or characters of a text; not against forgers, only against mix-ups. */
function digest(data: Float32Array | string): string {
  const words =
    typeof data === 'string'
      ? Uint32Array.from(data, (character) => character.codePointAt(0)!)
      : new Uint32Array(data.buffer, data.byteOffset, data.length)
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193)
    a ^= a >>> 15
    b = Math.imul(b + word + (a >>> 3), 0x2c1b3c6d)
    b ^= b >>> 13
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}
