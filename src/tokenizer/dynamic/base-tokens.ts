// Texts as base tokens, with the places where a pretoken begins. The tokenizer's own `encode` gives ids and
// offsets; where its pre-tokenizer cut is found by running the components one by one beside it.
import { firstMalformedByte, TesseraError, utf8Decode, utf8SequenceLength } from '../../core/index.ts'
import { bytesToAlphabet } from '../alphabet.ts'
import { SourceText, type Visit } from '../engine/source-text.ts'
import { compileModel } from '../models/compile.ts'
import type { Model } from '../models/model.ts'
import { compilePreTokenizer } from '../pretokenize/index.ts'
import type { Specials, Tokenizer } from '../types.ts'

/** One text under the base tokenizer. */
export interface BaseText {
  /** `[tokens]`, those of the template included. */
  readonly ids: Uint32Array
  /** `[tokens]` 1 = a pretoken begins here (added tokens and those of the template are one each). */
  readonly begins: Uint8Array
  /** `[tokens]` 1 = put there by the template. */
  readonly template: Uint8Array
  /**
   * `[2 * tokens]` start and end of each token in UTF-16 units of the text; null for bytes that are not
   * UTF-8, which have no units. A token of the template has an empty range.
   */
  readonly offsets: Uint32Array | null
  /** `[2 * tokens]` the same in bytes of the text's UTF-8. */
  readonly byteOffsets: Uint32Array
}

export interface BaseOptions {
  /** Run the template of the post-processor (BOS, [CLS] … [SEP]). Default true. */
  template?: boolean
  /** What special tokens in the text are; default: as the tokenizer has it. */
  specials?: Specials
}

/** No truncation, whatever the tokenizer's file says. */
const ALL = Number.MAX_SAFE_INTEGER

export class BaseTokens {
  readonly tokenizer: Tokenizer
  private readonly options: BaseOptions
  private readonly source: SourceText
  private readonly split: ReturnType<typeof compilePreTokenizer>
  private readonly model: Model

  constructor(tokenizer: Tokenizer, options: BaseOptions) {
    const { spec } = tokenizer
    this.tokenizer = tokenizer
    this.options = options
    this.source = new SourceText(spec, 'plain')
    this.split = compilePreTokenizer(spec.preTokenizer, spec.reference)
    this.model = compileModel(spec.model, spec.reference)
  }

  /** Throws what `encode` throws; TEXT_NOT_UTF8 also for such bytes under a tokenizer with a normalizer. */
  encode(text: string | Uint8Array): BaseText {
    const { template = true, specials } = this.options
    if (typeof text !== 'string' && firstMalformedByte(text) >= 0) return this.encodeMalformed(text)
    const whole = typeof text === 'string' ? text : utf8Decode(text)
    const encoding = this.tokenizer.encode(whole, { template, specials, offsets: true, maxLength: ALL })
    const { ids, specialMask, offsets, byteOffsets } = encoding
    const begins = new Uint8Array(ids.length)
    const starts = this.pretokenStarts(whole)
    let at = 0
    for (let i = 0; i < ids.length; i++) begins[i] = specialMask[i] === 1 ? 1 : starts[at++]!
    return { ids, begins, template: specialMask, offsets, byteOffsets }
  }

  /** Base tokens of a token's own string: the same for every place where the string occurs. */
  piecesOf(token: string): Uint32Array {
    const ids: number[] = []
    this.model.encodePiece(token, (id) => ids.push(id))
    return Uint32Array.from(ids)
  }

  /** `[tokens]` 1 where a pretoken begins, without the template. */
  private pretokenStarts(text: string): number[] {
    const begins: number[] = []
    this.source.walk(text.toWellFormed(), this.options.specials, false, 'source', this.intoStarts(begins))
    return begins
  }

  private intoStarts(begins: number[]): Visit {
    return {
      text: (part) => {
        for (const piece of this.split([part])) this.piece(piece.text, begins)
      },
      added: () => begins.push(1),
    }
  }

  private piece(text: string, begins: number[]): void {
    const from = begins.length
    this.model.encodePiece(text, () => begins.push(begins.length === from ? 1 : 0))
  }

  /** Byte-level tokenizers take any bytes: each malformed run is a piece, as in `encode`. */
  private encodeMalformed(bytes: Uint8Array): BaseText {
    const { template = true, specials } = this.options
    const { spec } = this.tokenizer
    if (spec.normalizer) {
      throw new TesseraError('TEXT_NOT_UTF8', 'Not UTF-8 text, and this tokenizer normalizes text', {
        where: `byte ${firstMalformedByte(bytes)}`,
        hint: 'Positions could not be mapped back; give text, or a tokenizer without a normalizer',
      })
    }
    const own = this.tokenizer.encode(bytes, { template: false, specials, maxLength: ALL })
    const ids = template ? this.tokenizer.encode(bytes, { specials, maxLength: ALL }) : own
    // A template frames the text: the ids before it are those that the whole has in front of the text's own.
    const before = template ? frontOf(this.tokenizer, ids.length - own.length) : 0
    const starts: number[] = []
    const visit = this.intoStarts(starts)
    if (!this.cutsNothing(specials)) {
      for (let at = 0; at < bytes.length;) {
        let end = at
        for (let n; end < bytes.length && (n = utf8SequenceLength(bytes, end)) > 0; end += n);
        if (end > at) {
          const place = at === 0 ? 'source' : 'part'
          this.source.walk(utf8Decode(bytes.subarray(at, end)), specials, false, place, visit)
        }
        at = end
        while (end < bytes.length && utf8SequenceLength(bytes, end) === 0) end++
        if (end > at) this.piece(bytesToAlphabet(bytes.subarray(at, end)), starts)
        at = end
      }
    } else this.piece(bytesToAlphabet(bytes), starts)
    const begins = new Uint8Array(ids.length).fill(1)
    const framing = new Uint8Array(ids.length).fill(1)
    const byteOffsets = new Uint32Array(2 * ids.length)
    let byte = 0
    for (let i = 0; i < ids.length; i++) {
      byteOffsets[2 * i] = byte
      if (i >= before && i < before + own.length) {
        begins[i] = starts[i - before]!
        framing[i] = 0
        byte += this.tokenizer.info(ids[i]!).bytes.length
      }
      byteOffsets[2 * i + 1] = byte
    }
    return { ids, begins, template: framing, offsets: null, byteOffsets }
  }

  /** Whether bytes go to the model as one sequence, as in `SourceText.takesRawBytes`. */
  private cutsNothing(specials: Specials | undefined): boolean {
    const { preTokenizer } = this.tokenizer.spec
    const whole = preTokenizer === null || (preTokenizer.type === 'ByteLevel' && !preTokenizer.use_regex)
    return whole && specials === undefined
  }
}

/** How many of the template's `added` tokens stand before the text. */
function frontOf(tokenizer: Tokenizer, added: number): number {
  if (added === 0) return 0
  const { specialMask } = tokenizer.encode('a', { offsets: true, specials: 'text' })
  const at = specialMask.indexOf(0)
  return at < 0 ? added : at
}
