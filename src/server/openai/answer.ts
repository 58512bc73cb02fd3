// One answer in the making, as the scheduler and the protocol want it: it takes logits, chooses tokens, turns them
// into text, and knows when to end. Whatever it depends on (random numbers, counts of tokens, text so far) is its
// own, so that the other lanes of a batch cannot change it. Scores are of the model's own logits, before
// temperature, penalties and masks (as OpenAI and vLLM report them), and come with the text of their tokens.
import {
  type Constraint,
  copyOfRow,
  StopStrings,
  type TokenChooser,
  type TokenScore,
  tokenScore,
} from '../../decode/index.ts'
import type { StreamDecoder, Tokenizer } from '../../tokenizer/index.ts'
import { chooserOf } from './chooser.ts'
import type { Metrics } from './metrics.ts'
import type { AnyScore } from './prompt-scores.ts'
import type { Sampling } from './protocol/sampling.ts'
import type { Choice } from './scheduler/scheduler.ts'
import type { Service } from './service.ts'

export interface AnswerDelta {
  text: string
  /** With log-probabilities only: the tokens whose text this is. */
  tokens: readonly AnyScore[]
  finishReason: 'stop' | 'length' | null
}

export interface AnswerOptions {
  prompt: ArrayLike<number>
  sampling: Sampling
  /** What `sampling.format` says, compiled. */
  constraint: Constraint | null
  /** Which of the request's answers to this prompt: each draws other numbers from the same seed. */
  index: number
  maxTokens: number
  /** This many likeliest tokens beside each; null: no log-probabilities. */
  logprobs: number | null
  /** The text goes on that of the prompt; false: it stands alone. */
  continues: boolean
  /** Stop strings besides the request's own. */
  stops?: readonly string[]
  /** End tokens besides the model's and the request's own. */
  ends?: readonly number[]
  say(delta: AnswerDelta): void
  /** A token was chosen. */
  chosen(): void
}

/** Tokens of the prompt that can matter for how the next one is written: the bytes of one character. */
const CONTEXT = 4

export class Answer implements Choice {
  finishReason: 'stop' | 'length' | null = null
  private readonly options: AnswerOptions
  private readonly chooser: TokenChooser
  private readonly ends: ReadonlySet<number>
  private readonly decoder: StreamDecoder
  private readonly stops: StopStrings
  private readonly vocab: number
  private readonly metrics: Metrics
  private count = 0
  /** Scores of tokens whose text is still held back, with the length of the text after each. */
  private scores: { score: TokenScore; end: number }[] = []
  /** Characters decoded, and given out. */
  private decoded = 0
  private said = 0

  constructor({ tokenizer, model, metrics }: Service, options: AnswerOptions) {
    this.options = options
    this.metrics = metrics
    const { sampling, prompt, index, constraint, stops = [], ends = [] } = options
    this.ends = new Set([
      ...(sampling.ignoreEos ? [] : [...model.config.eos, ...ends]),
      ...sampling.stopTokens,
    ])
    this.decoder = decoderOf(tokenizer, options)
    this.vocab = tokenizer.vocabSize
    this.stops = new StopStrings([...sampling.stop, ...stops])
    this.chooser = chooserOf({ sampling, prompt, index, ends: this.ends, constraint })
  }

  next(logits: Float32Array): number | null {
    const { logprobs, maxTokens, constraint } = this.options
    const { chooser, ends } = this
    // Some models have more logits than there are tokens.
    if (logits.length > this.vocab) logits.fill(-Infinity, this.vocab)
    const raw = logprobs === null ? null : copyOfRow(logits)
    const id = chooser.choose(logits)
    this.options.chosen()
    this.count++
    if (ends.has(id)) return this.end('stop')
    const piece = this.decoder.push(id)
    this.decoded += piece.length
    if (raw) this.scores.push({ score: tokenScore(raw, id, logprobs!), end: this.decoded })
    const { text, stopped } = this.stops.push(piece)
    this.said += text.length
    if (stopped) return this.finish('stop', text)
    // A model without an end token cannot say that it is done; then the first whole text is it.
    if (chooser.finished || (constraint && ends.size === 0 && chooser.valid)) return this.end('stop', text)
    if (this.count >= maxTokens) return this.end('length', text)
    if (text !== '') this.options.say({ text, tokens: this.certain(), finishReason: null })
    return id
  }

  /** No stop string came: what was held back is text. */
  private end(reason: 'stop' | 'length', before = ''): null {
    const last = this.stops.push(this.decoder.end())
    const rest = last.text + (last.stopped ? '' : this.stops.end())
    this.said = last.stopped ? this.said + last.text.length : Infinity
    return this.finish(last.stopped ? 'stop' : reason, before + rest)
  }

  private finish(reason: 'stop' | 'length', text: string): null {
    this.finishReason = reason
    this.metrics.finished.add(1, { reason })
    this.options.say({ text, tokens: this.certain(), finishReason: reason })
    return null
  }

  /** Scores of the tokens whose text has been given out. */
  private certain(): TokenScore[] {
    const until = this.scores.findIndex(({ end }) => end > this.said)
    const done = this.scores.splice(0, until < 0 ? this.scores.length : until)
    return done.map(({ score }) => score)
  }
}

function decoderOf(tokenizer: Tokenizer, { prompt, continues, constraint }: AnswerOptions): StreamDecoder {
  if (constraint) {
    // The text of a constraint is what its bytes say, wherever it stands.
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
    return {
      push: (id) => utf8.decode(tokenizer.info(id).bytes, { stream: true }),
      end: () => utf8.decode(),
    }
  }
  const decoder = tokenizer.decoder({ skipSpecials: true })
  if (continues) {
    for (let i = Math.max(0, prompt.length - CONTEXT); i < prompt.length; i++) decoder.push(prompt[i]!)
  }
  return decoder
}
