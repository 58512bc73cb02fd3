// Rotary position embedding (Su et al. 2021) in the "half" form of Llama and its relatives: the first half of
// a head's numbers is rotated with the second half, by an angle that grows with the position.
import { cast, constant, cos, mul, rotary, sin, type Tensor, unsqueeze } from '../tensor/index.ts'
import type { DecoderConfig } from './config.ts'

/** Radians per position for each pair of a head, `[headDim / 2]`. */
export function rotaryFrequencies(config: DecoderConfig): Float64Array {
  const { headDim, ropeTheta, ropeScaling: scaling } = config
  return Float64Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = ropeTheta ** ((-2 * i) / headDim)
    if (scaling.kind === 'linear') return frequency / scaling.factor
    if (scaling.kind === 'none') return frequency
    const { factor, lowFrequency, highFrequency, original } = scaling
    const turns = (original * frequency) / (2 * Math.PI)
    if (turns < lowFrequency) return frequency / factor
    if (turns > highFrequency) return frequency
    const smooth = (turns - lowFrequency) / (highFrequency - lowFrequency)
    return (1 - smooth) * (frequency / factor) + smooth * frequency
  })
}

export interface Rotation {
  /** `[batch, time, 1, headDim / 2]`. */
  cos: Tensor
  sin: Tensor
}

/** Cosines and sines for positions `[batch, time]`, shared by all layers. */
export function rotationAt(config: DecoderConfig, positions: Tensor): Rotation {
  const frequencies = rotaryFrequencies(config)
  const angles = mul(
    unsqueeze(unsqueeze(cast(positions, 'float32'), -1), -1),
    constant(Float32Array.from(frequencies), [1, 1, 1, frequencies.length]),
  )
  return { cos: cos(angles), sin: sin(angles) }
}

/** x `[batch, time, heads, headDim]`, rotated. */
export function rotate(x: Tensor, rotation: Rotation): Tensor {
  return rotary(x, rotation.cos, rotation.sin)
}
