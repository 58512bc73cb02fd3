// One token drawn from a row of logits, by softmax or by what temperature, top-k, top-p and min-p leave of it. What the
// filters of filters.ts do one after the other, each with passes of its own over the vocabulary, is done here on the
// weights, and with top-k on those few tokens alone; the outcome is the same.
import type { Random } from '../../core/index.ts'
import { argmax, softmaxWeights, topIds } from './logits.ts'
import type { Sampling } from './settings.ts'
import { type Nucleus, nucleus } from './top-p.ts'

type Floats = Pick<Random, 'float'>

/** An id, drawn with probability softmax(logits); never one of logit -Infinity unless all are. */
export function draw(logits: Float32Array, random: Floats): number {
  return drawFrom(logits, 1, { topP: 1, minP: 0 }, random)
}

/**
 * An id, drawn as the settings say from logits with penalties and bias; temperature above 0. Takes one random number.
 * The temperature is applied to the differences of logits in double precision, and rounds nothing.
 */
export function sample(
  logits: Float32Array,
  settings: Pick<Sampling, 'temperature' | 'topK' | 'topP' | 'minP'>,
  random: Floats,
): number {
  const factor = 1 / settings.temperature
  if (settings.topK >= logits.length) return drawFrom(logits, factor, settings, random)
  // In order of ids again, as they stand in the row.
  const ids = topIds(logits, settings.topK).sort()
  const few = Float32Array.from(ids, (id) => logits[id]!)
  return ids[drawFrom(few, factor, settings, random)] ?? argmax(logits)
}

function drawFrom(
  logits: Float32Array,
  factor: number,
  { topP, minP }: Pick<Sampling, 'topP' | 'minP'>,
  random: Floats,
): number {
  const row = topP < 1 ? nucleus(logits, topP, factor) : wholeRow(logits, factor)
  const { weights } = row
  let { least, kept } = row
  const floor = row.best + Math.log(minP) / factor
  if (floor > least) {
    least = floor
    kept = 0
    for (let id = 0; id < logits.length; id++) kept += weights[id]! * Number(logits[id]! >= least)
  }
  let rest = random.float() * kept
  for (let id = 0; id < logits.length; id++) {
    // A product in place of a condition, which nobody could foretell.
    rest -= weights[id]! * Number(logits[id]! >= least)
    if (rest < 0) return id
  }
  // Rounding left a crumb of the last share; or nothing is possible.
  for (let id = logits.length - 1; id >= 0; id--) if (logits[id]! >= least && weights[id]! > 0) return id
  return argmax(logits)
}

function wholeRow(logits: Float32Array, factor: number): Nucleus {
  const row = softmaxWeights(logits, factor)
  return { ...row, least: -Infinity, kept: row.total }
}
