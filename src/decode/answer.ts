// One answer in the making: takes rows of logits, chooses tokens, turns them into text and knows when to end. Nothing
// in it depends on the other answers of a batch. Text never breaks a character, and a stop string never shows; a
// token whose text is held back comes with the piece that has its text.
import { TesseraError } from '../core/index.ts'
import type { StreamDecoder, Tokenizer } from '../tokenizer/index.ts'
import type { Plan } from './options.ts'
import { TokenChooser } from './sampling/chooser.ts'
import { copyOfRow, type TokenScore, tokenScore } from './sampling/logits.ts'
import { StopStrings } from './stop-strings.ts'

/** Some more of an answer. */
export interface Piece {
  /** Which answer, when several were asked for. */
  index: number
  /** Whole characters; the pieces join to the answer's text. */
  text: string
  /** Tokens that are new with this piece. */
  ids: number[]
  /** One for each of the ids, when asked for. */
  logprobs?: TokenScore[]
}

export type FinishReason =
  /** An end token, a stop string, or a complete constraint. */
  | 'stop'
  /** `maxTokens`, or the model's last position. Under a constraint the text may be incomplete then. */
  | 'length'
  | 'cancelled'

export interface Generation {
  text: string
  /** Without the token that ended it. With a stop string: all tokens up to the one that completed it. */
  ids: number[]
  finishReason: FinishReason
  /** Under a constraint: whether the text is whole; true without one. */
  valid: boolean
  usage: { promptTokens: number; completionTokens: number }
  logprobs?: TokenScore[]
}

/** Tokens of the prompt that can matter for how the next one is written: the bytes of one character. */
const CONTEXT = 4

export class Answer {
  readonly index: number
  readonly ids: number[] = []
  finishReason: FinishReason | null = null
  private readonly plan: Plan
  private readonly chooser: TokenChooser
  private readonly decoder: StreamDecoder | null
  private readonly stops: StopStrings
  private readonly scores: TokenScore[] = []
  private text = ''
  /** Tokens given out. */
  private given = 0

  constructor(plan: Plan, tokenizer: Tokenizer | null, index: number) {
    this.plan = plan
    this.index = index
    this.stops = new StopStrings(plan.stop)
    this.chooser = new TokenChooser({
      sampling: plan.sampling,
      prompt: plan.prompt,
      index,
      ends: plan.ends,
      constraint: plan.constraint?.start,
    })
    this.decoder =
      tokenizer && (plan.constraint ? byteDecoder(tokenizer) : continuing(tokenizer, plan.prompt))
  }

  get valid(): boolean {
    return this.chooser.valid
  }

  /** Chooses the next token from its row of logits, which is written into. Gives what may be shown by now. */
  take(logits: Float32Array): Piece | null {
    const { plan, chooser } = this
    const raw = plan.logprobs === null ? null : copyOfRow(logits)
    const id = chooser.choose(logits)
    if (plan.ends.has(id)) return this.finish('stop')
    this.ids.push(id)
    if (raw) this.scores.push(tokenScore(raw, id, plan.logprobs!))
    const { text, stopped } = this.stops.push(this.decoder?.push(id) ?? '')
    if (stopped) {
      this.finishReason = 'stop'
      return this.piece(text)
    }
    // Without an end token a model cannot say that it is done.
    if (chooser.finished || (plan.constraint && plan.ends.size === 0 && chooser.valid)) {
      return this.finish('stop', text)
    }
    if (this.ids.length >= plan.maxTokens) return this.finish('length', text)
    if (this.decoder && text === '') return null
    return this.piece(text)
  }

  /** Ends the answer where it is. */
  finish(reason: FinishReason, before = ''): Piece | null {
    this.finishReason = reason
    const last = this.stops.push(this.decoder?.end() ?? '')
    const text = before + last.text + (last.stopped ? '' : this.stops.end())
    if (last.stopped) this.finishReason = 'stop'
    return text === '' && this.given === this.ids.length ? null : this.piece(text)
  }

  result(): Generation {
    const { ids, plan } = this
    return {
      text: this.text,
      ids,
      finishReason: this.finishReason ?? 'cancelled',
      valid: this.valid,
      usage: { promptTokens: plan.prompt.length, completionTokens: ids.length },
      ...(plan.logprobs !== null && { logprobs: this.scores }),
    }
  }

  private piece(text: string): Piece {
    const from = this.given
    this.given = this.ids.length
    this.text += text
    return {
      index: this.index,
      text,
      ids: this.ids.slice(from),
      ...(this.plan.logprobs !== null && { logprobs: this.scores.slice(from) }),
    }
  }
}

/** A decoder that has seen the end of the prompt: the answer goes on in its text. */
function continuing(tokenizer: Tokenizer, prompt: Uint32Array): StreamDecoder {
  const decoder = tokenizer.decoder({ skipSpecials: true })
  const push = (id: number) => unlessUnknown(() => decoder.push(id), '')
  for (const id of prompt.subarray(-CONTEXT)) push(id)
  return { push, end: () => decoder.end() }
}

/** The text of a constraint is what its bytes say, wherever it stands. */
function byteDecoder(tokenizer: Tokenizer): StreamDecoder {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
  return {
    push: (id) => utf8.decode(tokenizer.info(id).bytes, { stream: true }),
    end: () => utf8.decode(),
  }
}

/** Models have rows for ids that their tokenizers do not have; such an id is no text. */
export function unlessUnknown<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof TesseraError && error.code === 'ID_OUT_OF_RANGE') return otherwise
    throw error
  }
}
