// Beam search: the likeliest answers rather than drawn ones. The beams are lanes of one cache that share the prompt by
// a fork; in each step the best continuations of all beams become the next beams, and a lane goes where its beam
// goes. Answers are compared by log-probability over lengthᵖ (Wu et al. 2016 in the form that became usual); the
// search ends when no beam can still become better than the answers found.
import { throwIfCancelled } from '../core/index.ts'
import type { Cache, Model } from '../model/index.ts'
import type { Constraint, ConstraintSpec, ConstraintState } from './constraint/constraint.ts'
import { prefill, rowsOf, turn } from './generate.ts'
import { planOf } from './options.ts'
import { keepAllowed } from './sampling/chooser.ts'
import { logSumExp, topIds } from './sampling/logits.ts'
import { refused } from './sampling/settings.ts'

export interface BeamOptions {
  /** Default 4. */
  beams?: number
  /** How many answers to give, at most `beams`. Default 1. */
  n?: number
  /** Power of the length that log-probabilities are divided by: 0 compares sums, above 1 favours long ones. Default 1. */
  lengthPenalty?: number
  /** Default 256. */
  maxTokens?: number
  stopTokens?: readonly number[]
  ignoreEos?: boolean
  constraint?: ConstraintSpec | Constraint
  /** As in `generate`; it holds the prompt afterwards. */
  cache?: Cache
  /** Throws CANCELLED. */
  signal?: AbortSignal
}

export interface BeamAnswer {
  text: string
  /** Without the token that ended it. */
  ids: number[]
  /** Sum of log-probabilities, that of the end token included. */
  logprob: number
  /** What answers are ordered by: `logprob` over lengthᵖ. */
  score: number
  finishReason: 'stop' | 'length'
  /** Under a constraint: whether the text is whole. */
  valid: boolean
}

interface Beam {
  ids: readonly number[]
  logprob: number
  constraint: ConstraintState | null
}

interface Candidate {
  beam: number
  id: number
  logprob: number
}

/** The best answers found, best first. Throws ARGUMENT_INVALID, CANCELLED, and what `generate` throws. */
export async function beamSearch(
  model: Model,
  prompt: string | ArrayLike<number>,
  options: BeamOptions = {},
): Promise<BeamAnswer[]> {
  const { beams: width = 4, n = 1, lengthPenalty = 1, signal } = options
  if (!Number.isSafeInteger(width) || width < 1 || width > 256) {
    throw refused('beams', width, 'a whole number from 1 to 256')
  }
  if (!Number.isSafeInteger(n) || n < 1 || n > width) throw refused('n', n, `a number from 1 to ${width}`)
  if (!Number.isFinite(lengthPenalty)) throw refused('lengthPenalty', lengthPenalty, 'a number')
  const plan = planOf(model, prompt, options)
  const { ends, maxTokens } = plan
  const own = plan.cache ?? model.cache({ capacity: plan.prompt.length })
  let lanes: Cache | null = null
  const found: BeamAnswer[] = []
  const scoreOf = (logprob: number, length: number) => logprob / Math.max(1, length) ** lengthPenalty
  const finish = ({ ids, logprob, constraint }: Beam, ended: boolean, reason: 'stop' | 'length') => {
    found.push({
      text: model.tokenizer?.decode(ids, { skipSpecials: true }) ?? '',
      ids: [...ids],
      logprob,
      score: scoreOf(logprob, ids.length + (ended ? 1 : 0)),
      finishReason: reason,
      valid: constraint === null || constraint.accepting,
    })
    found.sort((a, b) => Number(b.valid) - Number(a.valid) || b.score - a.score)
    found.length = Math.min(found.length, width)
  }
  try {
    const first = await prefill(model, own, plan.prompt, () => signal?.aborted === true)
    throwIfCancelled(signal)
    let beams: Beam[] = [{ ids: [], logprob: 0, constraint: plan.constraint?.start ?? null }]
    let rows = [first!]
    for (let length = 1; ; length++) {
      const next: (Beam & { parent: number })[] = []
      for (const [rank, { beam, id, logprob }] of candidatesOf(beams, rows, 2 * width, ends).entries()) {
        const { ids, constraint } = beams[beam]!
        if (ends.has(id)) {
          // Behind the width, an end is no better than what goes on.
          if (rank < width) finish({ ids, logprob, constraint }, true, 'stop')
          continue
        }
        const grown = { ids: [...ids, id], logprob, constraint: constraint?.next(id) ?? null }
        const complete = grown.constraint?.complete || (ends.size === 0 && grown.constraint?.accepting)
        if (complete) finish(grown, false, 'stop')
        else if (next.length < width) next.push({ ...grown, parent: beam })
      }
      if (next.length === 0) break
      if (length >= maxTokens) {
        for (const beam of next) finish(beam, false, 'length')
        break
      }
      const reach = lengthPenalty > 0 ? maxTokens : length
      const worst = found.length >= width ? found.at(-1)! : null
      if (worst?.valid && scoreOf(next[0]!.logprob, reach) <= worst.score) break
      await turn()
      throwIfCancelled(signal)
      lanes = branch(
        lanes,
        own,
        next.map(({ parent }) => parent),
      )
      const { logits } = await model.step({ ids: next.map(({ ids }) => [ids.at(-1)!]), cache: lanes })
      rows = rowsOf(logits!, next.length)
      beams = next
    }
    return found.slice(0, n)
  } finally {
    lanes?.release()
    if (own !== plan.cache) own.release()
  }
}

/** The best continuations of all beams, best first; among equals those of the better beam, then the lower id. */
function candidatesOf(
  beams: readonly Beam[],
  rows: readonly Float32Array[],
  count: number,
  ends: ReadonlySet<number>,
): Candidate[] {
  const candidates = beams.flatMap(({ logprob, constraint }, beam): Candidate[] => {
    const row = rows[beam]!
    const total = logSumExp(row)
    if (constraint) keepAllowed(row, constraint, ends)
    return Array.from(topIds(row, count), (id) => ({ beam, id, logprob: logprob + row[id]! - total }))
  })
  return candidates.sort((a, b) => b.logprob - a.logprob || a.beam - b.beam || a.id - b.id).slice(0, count)
}

/** Lanes for the next beams: each goes on in what its parent has. */
function branch(lanes: Cache | null, own: Cache, parents: readonly number[]): Cache {
  if (!lanes) return own.fork(parents.length)
  if (parents.length === lanes.lanes && parents.every((parent, lane) => parent === lane)) return lanes
  const next = lanes.select(parents)
  lanes.release()
  return next
}
