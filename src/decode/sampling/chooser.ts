// From a row of logits to the next token of one sequence. All that the choice depends on besides the logits (what
// was said so far, the random numbers, the place in a constraint) is in here, so that the sequences of a batch
// cannot influence each other. Log-probabilities are read off the row before it is given to `choose`.
import { Random, TesseraError } from '../../core/index.ts'
import type { ConstraintState } from '../constraint/constraint.ts'
import { sample } from './draw.ts'
import { addBias, keepMask, penaliseCounts, penaliseRepetition } from './filters.ts'
import { argmax } from './logits.ts'
import type { Sampling } from './settings.ts'

export interface ChooserOptions {
  sampling: Sampling
  /** Tokens before the first one chosen: the repetition penalty counts them. */
  prompt?: ArrayLike<number>
  /** Which of several answers to one prompt: each draws numbers of its own from the one seed. Default 0. */
  index?: number
  /** Tokens that end the sequence; a constraint lets them come only where the text is complete. */
  ends?: ReadonlySet<number>
  /** Where a constrained sequence begins. */
  constraint?: ConstraintState | null
}

export class TokenChooser {
  private readonly sampling: Sampling
  private readonly random: Random
  private readonly ends: ReadonlySet<number>
  /** How often the answer has each token. */
  private readonly counts = new Map<number, number>()
  /** Distinct tokens of prompt and answer; kept only for a penalty that asks. */
  private readonly seen: Set<number> | null
  private constraint: ConstraintState | null

  constructor({ sampling, prompt = [], index = 0, ends = new Set(), constraint = null }: ChooserOptions) {
    this.sampling = sampling
    this.random = new Random((sampling.seed % 2 ** 32) + Math.imul(index, 0x9e3779b1))
    this.ends = ends
    this.seen = sampling.repetitionPenalty === 1 ? null : new Set(Array.from(prompt))
    this.constraint = constraint
  }

  /** Nothing may follow but an end: the constraint's text is complete. */
  get finished(): boolean {
    return this.constraint !== null && this.constraint.complete
  }

  /** What was chosen so far is a whole text of the constraint; true without one. */
  get valid(): boolean {
    return this.constraint === null || this.constraint.accepting
  }

  /**
   * The next token. Writes into the logits `[vocab]`. Throws TEXT_NOT_REPRESENTABLE when no token of the vocabulary
   * can spell what the constraint demands.
   */
  choose(logits: Float32Array): number {
    const { sampling, constraint, counts, seen, random } = this
    if (seen) penaliseRepetition(logits, seen, sampling.repetitionPenalty)
    if (sampling.presencePenalty !== 0 || sampling.frequencyPenalty !== 0) {
      penaliseCounts(logits, counts, sampling.presencePenalty, sampling.frequencyPenalty)
    }
    if (sampling.logitBias.size > 0) addBias(logits, sampling.logitBias)
    if (constraint) keepAllowed(logits, constraint, this.ends)
    const id = sampling.temperature === 0 ? argmax(logits) : sample(logits, sampling, random)
    this.note(id)
    return id
  }

  /** Takes a token as chosen, as when another part of the program decided. */
  note(id: number): void {
    this.counts.set(id, (this.counts.get(id) ?? 0) + 1)
    this.seen?.add(id)
    if (this.constraint && !this.ends.has(id)) this.constraint = this.constraint.next(id)
  }
}

/**
 * Rules out what the constraint does not allow; ends may come where its text is complete. The constraint goes before
 * every bias: where nothing allowed has a chance, all that is allowed gets the same.
 */
export function keepAllowed(
  logits: Float32Array,
  constraint: ConstraintState,
  ends: ReadonlySet<number>,
): void {
  const mayEnd = constraint.accepting ? [...ends].filter((id) => id < logits.length) : []
  const endLogits = mayEnd.map((id) => logits[id]!)
  const mask = constraint.mask()
  keepMask(logits, mask)
  for (const id of ends) if (id < logits.length) logits[id] = -Infinity
  for (const [i, id] of mayEnd.entries()) logits[id] = endLogits[i]!
  if (anyPossible(logits)) return
  const allowed = mayEnd
  for (let id = 0; id < logits.length; id++) {
    if (((mask[id >> 5] ?? 0) >>> (id & 31)) & 1 && !ends.has(id)) allowed.push(id)
  }
  if (allowed.length === 0) {
    throw new TesseraError('TEXT_NOT_REPRESENTABLE', 'No token can go on as the constraint demands', {
      hint: 'The vocabulary lacks the characters that it asks for',
    })
  }
  for (const id of allowed) logits[id] = 0
}

/** Ends at the first one. */
function anyPossible(logits: Float32Array): boolean {
  for (let id = 0; id < logits.length; id++) if (logits[id]! > -Infinity) return true
  return false
}
