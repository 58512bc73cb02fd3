// One token drawn from a row of logits, by softmax or by what temperature, top-k, top-p and min-p leave of it. What the
// filters of filters.ts do one after the other, each with passes of its own over the vocabulary, is done here on the
// weights, and with top-k on those few tokens alone; the outcome is the same.
import type { Random } from '../../core/index.ts'
import { divideByTemperature } from './filters.ts'
import { argmax, softmaxWeights, topIds } from './logits.ts'
import type { Sampling } from './settings.ts'
import { topPBorder } from './top-p.ts'

type Floats = Pick<Random, 'float'>

/** An id, drawn with probability softmax(logits); never one of logit -Infinity unless all are. */
export function draw(logits: Float32Array, random: Floats): number {
  return drawFrom(logits, { topP: 1, minP: 0 }, random)
}

/**
 * An id, drawn as the settings say from logits with penalties and bias; temperature above 0. Writes into the logits.
 * Takes one random number.
 */
export function sample(
  logits: Float32Array,
  settings: Pick<Sampling, 'temperature' | 'topK' | 'topP' | 'minP'>,
  random: Floats,
): number {
  if (settings.temperature !== 1) divideByTemperature(logits, settings.temperature)
  if (settings.topK >= logits.length) return drawFrom(logits, settings, random)
  // In order of ids again, as they stand in the row.
  const ids = topIds(logits, settings.topK).sort()
  const few = Float32Array.from(ids, (id) => logits[id]!)
  return ids[drawFrom(few, settings, random)] ?? argmax(logits)
}

function drawFrom(
  logits: Float32Array,
  { topP, minP }: Pick<Sampling, 'topP' | 'minP'>,
  random: Floats,
): number {
  const row = softmaxWeights(logits)
  const { weights } = row
  let { total } = row
  // What is kept: logits above the least one, and those equal to it up to this id.
  let least = -Infinity
  let lastId = logits.length
  if (topP < 1 && total > 0) ({ logit: least, id: lastId, kept: total } = topPBorder(logits, row, topP))
  const floor = row.best + Math.log(minP)
  if (floor > least) {
    least = floor
    lastId = logits.length
    total = 0
    for (let id = 0; id < logits.length; id++) if (logits[id]! >= least) total += weights[id]!
  }
  let rest = random.float() * total
  let last = -1
  for (let id = 0; id < logits.length; id++) {
    const weight = weights[id]!
    const logit = logits[id]!
    if (weight === 0 || logit < least || (logit === least && id > lastId)) continue
    rest -= weight
    last = id
    if (rest < 0) return id
  }
  // Rounding left a crumb of the last share; or nothing is possible.
  return last < 0 ? argmax(logits) : last
}
