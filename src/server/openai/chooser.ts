// From logits to a token, as the request wants it.
import { Random, TesseraError } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import type { Sampling } from './protocol/sampling.ts'
import { likeliest } from './token-scores.ts'

export interface Chooser {
  /** The next token; writes into the logits `[vocab]`. */
  choose(logits: Float32Array): number
  /** Nothing may follow: the required form is complete. */
  readonly finished: boolean
}

export interface ChooserInput {
  sampling: Sampling
  prompt: ArrayLike<number>
  tokenizer: Tokenizer
  index: number
  ends: ReadonlySet<number>
}

export function chooserOf({ sampling, prompt, index }: ChooserInput): Chooser {
  if (sampling.format.kind !== 'text') {
    throw new TesseraError('FORMAT_UNSUPPORTED', 'response_format', { where: 'response_format' })
  }
  const random = new Random((sampling.seed ?? Math.floor(Math.random() * 2 ** 32)) + index * 0x9e3779b1)
  const seen = new Map<number, number>()
  const inPrompt = new Set(Array.from(prompt))
  return {
    finished: false,
    choose(logits) {
      for (const id of new Set([...inPrompt, ...seen.keys()])) {
        const penalty = sampling.repetitionPenalty
        logits[id] = logits[id]! > 0 ? logits[id]! / penalty : logits[id]! * penalty
      }
      for (const [id, count] of seen) {
        logits[id]! -= sampling.presencePenalty + sampling.frequencyPenalty * count
      }
      for (const [id, bias] of Object.entries(sampling.logitBias)) logits[Number(id)]! += bias
      const id = sample(logits, sampling, random)
      seen.set(id, (seen.get(id) ?? 0) + 1)
      return id
    },
  }
}

function sample(logits: Float32Array, { temperature, topK, topP, minP }: Sampling, random: Random): number {
  if (temperature === 0) return likeliest(logits, 1)[0]!
  const ids = likeliest(logits, topK > 0 ? topK : Math.min(logits.length, 1000))
  const best = logits[ids[0]!]!
  const weights = ids.map((id) => Math.exp((logits[id]! - best) / temperature))
  const total = weights.reduce((a, b) => a + b, 0)
  let kept = 0
  let count = 0
  while (count < ids.length && (count === 0 || (kept < topP * total && weights[count]! >= minP))) {
    kept += weights[count++]!
  }
  let draw = random.float() * kept
  for (let i = 0; i < count; i++) if ((draw -= weights[i]!) < 0) return ids[i]!
  return ids[count - 1]!
}
