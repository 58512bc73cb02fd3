// Prompts to answers: the prompt goes into the cache in pieces, then one token for every answer in each step. Several
// answers share the prompt's keys and values by a fork and run as lanes of one batch; a finished one leaves it.
import type { Cache, Model } from '../model/index.ts'
import { Answer, type Generation, type Piece } from './answer.ts'
import { type GenerateOptions, type Plan, planOf } from './options.ts'
import { refused } from './sampling/settings.ts'
import { PieceStream } from './stream.ts'

/** Tokens of a prompt that are computed at once; between them the event loop turns. */
const PREFILL = 512

/** Pieces of text while they come; `result` is the whole. Whoever leaves the loop early cancels. */
export interface GenerationStream extends AsyncIterable<Piece> {
  readonly result: Promise<Generation>
}

export interface CompletionsOptions extends GenerateOptions {
  /** How many answers to the one prompt. Each draws numbers of its own from the seed. */
  n: number
}

export interface CompletionsStream extends AsyncIterable<Piece> {
  readonly results: Promise<Generation[]>
}

/**
 * An answer to a prompt, as pieces of text while it is made. Errors come out of the loop and of `result`: what
 * `planOf` and `Model.step` throw, TEXT_NOT_REPRESENTABLE. Example:
 * `for await (const { text } of generate(model, 'Once', { temperature: 0.8 })) process.stdout.write(text)`
 */
export function generate(
  model: Model,
  prompt: string | ArrayLike<number>,
  options: GenerateOptions = {},
): GenerationStream {
  const stream = new PieceStream((left) => run(model, planOf(model, prompt, options), 1, left))
  return {
    [Symbol.asyncIterator]: () => stream.iterate(),
    get result() {
      return stream.result.then(([first]) => first!)
    },
  }
}

/** Several answers to one prompt, side by side; a piece says whose it is. */
export function completions(
  model: Model,
  prompt: string | ArrayLike<number>,
  options: CompletionsOptions,
): CompletionsStream {
  const stream = new PieceStream((left) => {
    if (!Number.isSafeInteger(options.n) || options.n < 1 || options.n > 1024) {
      throw refused('n', options.n, 'a whole number from 1 to 1024')
    }
    return run(model, planOf(model, prompt, options), options.n, left)
  })
  return {
    [Symbol.asyncIterator]: () => stream.iterate(),
    get results() {
      return stream.result
    },
  }
}

/** `left`: aborted when nobody wants more. */
async function* run(
  model: Model,
  plan: Plan,
  n: number,
  left: AbortSignal,
): AsyncGenerator<Piece, Generation[]> {
  const answers = Array.from({ length: n }, (_, index) => new Answer(plan, model.tokenizer, index))
  const stopped = () => left.aborted || plan.signal?.aborted === true
  const own = plan.cache ?? model.cache({ capacity: plan.prompt.length + Math.min(plan.maxTokens, 256) })
  const before = own.length
  let lanes: Cache = own
  try {
    const first = await prefill(model, own, plan.prompt, stopped)
    let running = first ? answers : []
    let rows = first ? answers.map((_, i) => (i === n - 1 ? first : first.slice())) : []
    if (n > 1) lanes = own.fork(n)
    while (running.length > 0) {
      for (const [lane, answer] of running.entries()) {
        const piece = answer.take(rows[lane]!)
        if (piece) yield piece
      }
      const kept = [...running.keys()].filter((lane) => running[lane]!.finishReason === null)
      if (kept.length === 0) break
      if (kept.length < running.length) {
        const fewer = lanes.select(kept)
        lanes.release()
        lanes = fewer
        running = kept.map((lane) => running[lane]!)
      }
      await turn()
      if (stopped()) break
      const { logits } = await model.step({ ids: running.map(({ ids }) => [ids.at(-1)!]), cache: lanes })
      rows = rowsOf(logits!, running.length)
    }
    for (const answer of answers) {
      const piece = answer.finishReason ? null : answer.finish('cancelled')
      if (piece) yield piece
    }
    if (first && n === 1 && plan.cache) await complete(model, own, answers[0]!, before + plan.prompt.length)
    return answers.map((answer) => answer.result())
  } finally {
    if (lanes !== own) lanes.release()
    if (own !== plan.cache) own.release()
  }
}

/** The caller's cache is to hold all of the answer: a last token that was chosen, but not computed, goes in. */
async function complete(model: Model, cache: Cache, { ids }: Answer, from: number): Promise<void> {
  const rest = ids.slice(cache.length - from)
  const room = model.config.maxPositions - cache.nextPositions()[0]!
  if (rest.length > 0 && rest.length <= room) await model.step({ ids: rest, cache, want: { logits: 'none' } })
}

/** The prompt into the cache; logits `[vocab]` of its last token, or null when it was stopped. */
export async function prefill(
  model: Model,
  cache: Cache,
  prompt: ArrayLike<number>,
  stopped: () => boolean = () => false,
): Promise<Float32Array | null> {
  const ids = Uint32Array.from(prompt)
  for (let from = 0; ; from += PREFILL) {
    if (stopped()) return null
    const part = ids.subarray(from, from + PREFILL)
    const last = from + PREFILL >= ids.length
    const { logits } = await model.step({ ids: part, cache, want: { logits: last ? 'last' : 'none' } })
    if (last) return logits
    await turn()
  }
}

/** `[lanes, vocab]` as rows. */
export function rowsOf(logits: Float32Array, lanes: number): Float32Array[] {
  const vocab = logits.length / lanes
  return Array.from({ length: lanes }, (_, lane) => logits.subarray(lane * vocab, (lane + 1) * vocab))
}

/** Longest time without a turn of the event loop: signals and timers must come through. */
const TURN_MS = 8
let turned = 0

export async function turn(): Promise<void> {
  const now = performance.now()
  if (now - turned < TURN_MS) return
  turned = now
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
