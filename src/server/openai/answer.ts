// One answer in the making: takes logits, chooses tokens, turns them into text, and knows when to end. It is what
// the scheduler calls a choice; whatever it depends on (seed, counts of tokens, text so far) is its own, so that
// the other lanes of a batch cannot change it.
import { HeldText } from './held-text.ts'
import type { Sampling } from './protocol/sampling.ts'
import { chooserOf, type Chooser } from './chooser.ts'
import type { Choice } from './scheduler/scheduler.ts'
import type { Service } from './service.ts'
import { logSumExp, scoreOf, type TokenScore } from './token-scores.ts'

export interface AnswerDelta {
  text: string
  /** With log-probabilities only: the tokens whose text this is. */
  tokens: readonly TokenScore[]
  finishReason: 'stop' | 'length' | null
}

export interface AnswerOptions {
  prompt: ArrayLike<number>
  sampling: Sampling
  /** Which of the request's answers to this prompt: each draws other numbers from the same seed. */
  index: number
  maxTokens: number
  /** This many likeliest tokens beside each; null: no log-probabilities. */
  logprobs: number | null
  /** The text goes on that of the prompt, character by character; false: it stands alone. */
  continues: boolean
  /** Stop strings besides the request's own. */
  stops?: readonly string[]
  say(delta: AnswerDelta): void
  /** A token was chosen. */
  chosen(): void
}

/** Tokens of the prompt that can matter for how the next one is written: the bytes of one character. */
const CONTEXT = 4

export class Answer implements Choice {
  finishReason: 'stop' | 'length' | null = null
  private readonly options: AnswerOptions
  private readonly chooser: Chooser
  private readonly ends: ReadonlySet<number>
  private readonly decoder
  private readonly text: HeldText
  private readonly vocab: number
  private count = 0
  /** Scores of tokens whose text is still held back. */
  private scores: { score: TokenScore; end: number }[] = []
  /** Characters decoded, and given out. */
  private decoded = 0
  private said = 0

  constructor({ tokenizer, model }: Service, options: AnswerOptions) {
    this.options = options
    const { sampling, prompt, continues, stops = [] } = options
    this.ends = new Set([...(sampling.ignoreEos ? [] : model.config.eos), ...sampling.stopTokens])
    this.decoder = tokenizer.decoder({ skipSpecials: true })
    this.vocab = tokenizer.vocabSize
    this.text = new HeldText([...sampling.stop, ...stops])
    if (continues) {
      for (let i = Math.max(0, prompt.length - CONTEXT); i < prompt.length; i++) this.decoder.push(prompt[i]!)
    }
    this.chooser = chooserOf({ sampling, prompt, tokenizer, index: options.index, ends: this.ends })
  }

  next(logits: Float32Array): number | null {
    const { logprobs, maxTokens } = this.options
    // Some models have more logits than there are tokens.
    if (logits.length > this.vocab) logits.fill(-Infinity, this.vocab)
    const raw = logprobs === null ? null : logits.slice()
    const id = this.chooser.choose(logits)
    this.options.chosen()
    this.count++
    if (this.ends.has(id)) return this.end('stop')
    const piece = this.decoder.push(id)
    this.decoded += piece.length
    if (raw) this.scores.push({ score: scoreOf(raw, id, logprobs!, logSumExp(raw)), end: this.decoded })
    const { text, stopped } = this.text.push(piece)
    this.said += text.length
    if (stopped) return this.finish('stop', text)
    if (this.chooser.finished) return this.end('stop', text)
    if (this.count >= maxTokens) return this.end('length', text)
    if (text !== '') this.options.say({ text, tokens: this.certain(this.said), finishReason: null })
    return id
  }

  /** No stop string came: what was held back is text. */
  private end(reason: 'stop' | 'length', before = ''): null {
    const last = this.text.push(this.decoder.end())
    const rest = last.text + (last.stopped ? '' : this.text.end())
    this.said = Infinity
    return this.finish(last.stopped ? 'stop' : reason, before + rest)
  }

  private finish(reason: 'stop' | 'length', text: string): null {
    this.finishReason = reason
    this.options.say({ text, tokens: this.certain(this.said), finishReason: reason })
    return null
  }

  /** Scores of the tokens whose text ends within the first `length` characters. */
  private certain(length: number): TokenScore[] {
    const until = this.scores.findIndex(({ end }) => end > length)
    const done = this.scores.splice(0, until < 0 ? this.scores.length : until)
    return done.map(({ score }) => score)
  }
}
