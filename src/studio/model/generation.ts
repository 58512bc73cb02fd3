// A model writes on from a prompt, and says of every token how likely it was and what else could have stood there.
// The cache stays between prompts: what a prompt has in common with what is in it is not computed again.
import { TesseraError } from '../../core/index.ts'
import { samplingOf, TokenChooser, tokenScore } from '../../decode/index.ts'
import { type Cache, type Model } from '../../model/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { glyphs } from '../view/glyphs.ts'
import type {
  Alternative,
  AttentionPart,
  CacheFacts,
  GenerateEvent,
  Generated,
  GenerateOptions,
  Prompt,
  ShownToken,
} from './protocol.ts'

const ALTERNATIVES = 10
/** Logits of a whole prompt are kept for a moment: not more than these. */
const MOST_LOGITS = 4e6 * 8

export class Generation {
  private readonly model: Model
  private readonly tokenizer: Tokenizer
  private cache: Cache
  /** What is in the cache, and how it is shown. */
  private tokens: ShownToken[] = []

  /** Throws TOKENIZER_NOT_FOUND. */
  constructor(model: Model) {
    const { tokenizer } = model
    if (!tokenizer) {
      throw new TesseraError('TOKENIZER_NOT_FOUND', 'The model comes without a tokenizer', {
        hint: 'Add its tokenizer.json to the files',
      })
    }
    this.model = model
    this.tokenizer = tokenizer
    this.cache = model.cache()
  }

  /** `turn`: lets messages that have arrived be handled. Throws ARGUMENT_INVALID, CONTEXT_OVERFLOW. */
  async run(
    prompt: Prompt,
    options: GenerateOptions,
    tell: (event: GenerateEvent) => void,
    turn: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<Generated> {
    const { config } = this.model
    const ids = 'text' in prompt ? promptIds(this.tokenizer, prompt.text, config.bos) : this.branch(prompt)
    if (ids.length === 0) {
      throw new TesseraError('ARGUMENT_INVALID', 'The prompt is empty', {
        hint: 'Write a word to begin with',
      })
    }
    if (ids.length > config.maxPositions) {
      throw new TesseraError('ARGUMENT_INVALID', `The prompt has ${ids.length} tokens`, {
        hint: `The model reads at most ${config.maxPositions}`,
      })
    }
    const from = performance.now()
    let logits = await this.read(ids, tell, from)
    const chooser = new TokenChooser({ sampling: samplingOf(options), prompt: ids })
    let reason: Generated['reason'] = 'length'
    for (let count = 0; count < options.maxTokens; count++) {
      const started = performance.now()
      await turn()
      if (signal.aborted) {
        reason = 'stopped'
        break
      }
      // Choosing writes into the row.
      const id = chooser.choose(logits.slice())
      if (config.eos.includes(id)) {
        reason = 'end'
        break
      }
      if (this.cache.length >= config.maxPositions) {
        reason = 'context'
        break
      }
      const token = this.shown(id, logits, true)
      const next = await this.model.step({ ids: [id], cache: this.cache })
      logits = next.logits!
      this.tokens.push(token)
      tell({ kind: 'token', token, milliseconds: performance.now() - started })
    }
    const all = Uint32Array.from(this.tokens, ({ id }) => id)
    return { reason, text: this.tokenizer.decode(all), ids: all }
  }

  /** Attention of a layer over all tokens: they are computed once more, into a cache of their own. */
  async attention(layer: number): Promise<AttentionPart> {
    const ids = this.tokens.map(({ id }) => id)
    if (ids.length === 0) return { heads: this.model.config.heads, length: 0, weights: new Float32Array() }
    const { attention } = await this.model.step({ ids, want: { logits: 'none', attention: [layer] } })
    return { heads: this.model.config.heads, length: ids.length, weights: attention[layer]! }
  }

  facts(): CacheFacts {
    const { layers, kvHeads, headDim } = this.model.config
    return {
      slots: this.cache.length,
      bytes: this.cache.bytes,
      bytesPerSlot: 2 * 4 * layers * kvHeads * headDim,
      positions: this.cache.positions.slice(),
    }
  }

  private branch({ keep, id }: { keep: number; id: number }): Uint32Array {
    return Uint32Array.from([...this.tokens.slice(0, keep).map((token) => token.id), id])
  }

  /** The prompt into the cache, as far as it is not there; the logits after it. */
  private async read(
    ids: Uint32Array,
    tell: (event: GenerateEvent) => void,
    from: number,
  ): Promise<Float32Array> {
    let common = 0
    while (common < ids.length - 1 && this.tokens[common]?.id === ids[common]) common++
    // The last token in common is computed anew: the next one is judged by its logits, which are gone.
    const start = Math.max(0, common - 1)
    this.cache.truncate(start)
    const kept = this.tokens.slice(0, common).map((token) => ({ ...token, generated: false }))
    const rest = ids.subarray(start)
    const { vocabSize } = this.model.config
    const scored = rest.length * vocabSize <= MOST_LOGITS
    const { logits } = await this.model.step({
      ids: rest,
      cache: this.cache,
      want: { logits: scored ? 'all' : 'last' },
    })
    const rows = logits!.length / vocabSize
    const row = (i: number) => logits!.subarray(i * vocabSize, (i + 1) * vocabSize)
    const read = Array.from(ids.subarray(common), (id, i) => {
      const before = common - start + i - 1
      return this.shown(id, scored && before >= 0 ? row(before) : null, false)
    })
    this.tokens = [...kept, ...read]
    tell({ kind: 'prompt', tokens: this.tokens, reused: start, milliseconds: performance.now() - from })
    return row(rows - 1)
  }

  private shown(id: number, logits: Float32Array | null, generated: boolean): ShownToken {
    const { text, breaks } = this.textOf(id)
    if (!logits) return { id, text, breaks, logprob: null, alternatives: [], generated }
    const { logprob, top } = tokenScore(logits, id, ALTERNATIVES)
    const alternatives = top.map((one): Alternative => {
      return { id: one.id, text: this.textOf(one.id).text, probability: Math.exp(one.logprob) }
    })
    return { id, text, breaks, logprob, alternatives, generated }
  }

  private textOf(id: number): { text: string; breaks: boolean } {
    const bytes = this.tokenizer.decodeBytes([id])
    if (bytes.length === 0) return { text: this.tokenizer.info(id).token, breaks: false }
    return { text: glyphs(bytes, 0, bytes.length), breaks: bytes.at(-1) === 10 }
  }
}

function promptIds(tokenizer: Tokenizer, prompt: string, bos: number | null): Uint32Array {
  const ids = tokenizer.encode(prompt)
  return bos !== null && ids[0] !== bos ? Uint32Array.from([bos, ...ids]) : ids
}
