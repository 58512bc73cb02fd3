// The tokenizer that users hold: added tokens, normalizer, a lane, the template, and back again.
import {
  firstMalformedByte,
  TesseraError,
  utf8Decode,
  utf8DecodeStrict,
  utf8Encode,
  utf8SequenceLength,
} from '../core/index.ts'
import { compileAdded, type AddedMatcher } from './added/added.ts'
import { aligned, sliceAligned, sourceRange, type AlignedText } from './aligned.ts'
import { IdSink } from './bpe/id-sink.ts'
import { EncodingBuilder } from './engine/encoding-builder.ts'
import { FastLane } from './engine/fast-lane.ts'
import { fastPlan } from './engine/fast-plan.ts'
import { IdDecoder } from './engine/id-decoder.ts'
import { IncrementalText } from './engine/incremental.ts'
import type { Lane, Place } from './engine/lane.ts'
import { mergeTreeOf } from './engine/merge-tree.ts'
import { PlainLane } from './engine/plain-lane.ts'
import { streamDecoder } from './engine/stream-decoder.ts'
import { compileNormalizer } from './normalize/index.ts'
import { compilePostProcessor, type PostProcessor } from './postprocess/compile.ts'
import { padRows } from './postprocess/pad.ts'
import type { Part } from './postprocess/part.ts'
import { roomForText, truncateParts } from './postprocess/truncate.ts'
import { needsSource } from './pretokenize/compile.ts'
import type { TokenizerSpec } from './spec.ts'
import type {
  BatchOptions,
  DecodeOptions,
  EncodeOptions,
  Encoding,
  IncrementalEncoder,
  MergeNode,
  PaddedBatch,
  PadOptions,
  Specials,
  StreamDecoder,
  TokenInfo,
  Tokenizer,
} from './types.ts'

/** What happens to each part of a source text, in order. */
interface Visit {
  text(text: AlignedText, place: Place): void
  /** An added token over the source range `[start, end)`, in UTF-16 units. */
  added(id: number, start: number, end: number): void
}

export interface TokenizerSettings {
  /** `plain` runs every component one by one, for comparison; default `auto`. */
  lane?: 'auto' | 'plain'
}

/** Compiles a specification. Throws FORMAT_INVALID, PATTERN_INVALID, PATTERN_TOO_COMPLEX. */
export function createTokenizer(spec: TokenizerSpec, settings: TokenizerSettings = {}): Tokenizer {
  return new SpecTokenizer(spec, settings)
}

class SpecTokenizer implements Tokenizer {
  readonly name: string
  readonly spec: TokenizerSpec
  private readonly lane: Lane
  private readonly added: AddedMatcher
  private readonly normalize: ((text: AlignedText) => AlignedText) | null
  private readonly template: PostProcessor
  private readonly tracksAlways: boolean
  private readonly sink = new IdSink()
  private idDecoder: IdDecoder | null = null
  private addedIds: Map<string, number> | null = null

  constructor(spec: TokenizerSpec, settings: TokenizerSettings) {
    this.spec = spec
    this.name = spec.name
    const whole = spec.normalizer ? compileNormalizer(spec.normalizer, spec.reference) : null
    this.added = compileAdded(spec.addedTokens, whole && overStrings(whole))
    this.template = compilePostProcessor(spec.postProcessor, spec.addedTokens)
    const plan = settings.lane === 'plain' ? null : fastPlan(spec)
    if (plan) {
      // Added tokens that match normalized text need the whole normalizer to have run before the lane.
      const normalized = !this.added.normalizedEmpty
      this.lane = new FastLane(normalized ? { ...plan, cut: null } : plan, spec.name, normalized)
      this.normalize = normalized
        ? whole
        : plan.normalizer && compileNormalizer(plan.normalizer, spec.reference)
      this.tracksAlways = false
    } else {
      this.lane = new PlainLane(spec)
      this.normalize = whole
      this.tracksAlways = needsSource(spec.preTokenizer)
    }
  }

  get vocabSize(): number {
    let size = this.spec.model.vocab.size
    for (const token of this.spec.addedTokens) size = Math.max(size, token.id + 1)
    return size
  }

  encode(text: string | Uint8Array, options: EncodeOptions & { offsets: true }): Encoding
  encode(text: string | Uint8Array, options?: EncodeOptions): Uint32Array
  encode(text: string | Uint8Array, options: EncodeOptions = {}): Uint32Array | Encoding {
    if (options.offsets) return this.encodeDetailed(text, null, options)
    const maxLength = options.maxLength ?? this.spec.truncation?.max_length
    const { frame } = this.template
    const framed = options.template !== false
    const { sink } = this
    sink.length = 0
    if (maxLength === undefined && frame) {
      if (framed) for (const id of frame.before) sink.push(id)
      this.encodeInto(text, options, sink)
      if (framed) for (const id of frame.after) sink.push(id)
      return sink.take()
    }
    this.encodeInto(text, options, sink)
    const [part] = this.truncate({ ids: sink.take(), details: null }, null, options)
    return this.template.apply(part, null, framed).ids
  }

  encodePair(a: string, b: string, options: EncodeOptions = {}): Encoding {
    return this.encodeDetailed(a, b, options)
  }

  async encodeBatch(texts: readonly string[], options: BatchOptions = {}): Promise<Uint32Array[]> {
    const { encodeBatch } = await import('./batch/index.ts')
    return encodeBatch(this, texts, options)
  }

  count(text: string | Uint8Array, options: EncodeOptions = {}): number {
    const n = this.countText(text, options, Infinity)
    const maxLength = options.maxLength ?? this.spec.truncation?.max_length
    const extra = options.template === false ? 0 : this.template.added(false)
    if (maxLength === undefined) return n + extra
    return Math.min(n, roomForText(maxLength, extra)) + extra
  }

  countUpTo(text: string | Uint8Array, limit: number, options: EncodeOptions = {}): number | null {
    if (!(limit >= 0)) throw new TesseraError('ARGUMENT_INVALID', `A limit of ${limit}`, { where: 'limit' })
    const extra = options.template === false ? 0 : this.template.added(false)
    const n = this.countText(text, options, limit - extra) + extra
    return n <= limit ? n : null
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return this.decoding().text(ids, this.skips(options))
  }

  decodeBytes(ids: ArrayLike<number>, options: DecodeOptions = {}): Uint8Array {
    return this.decoding().bytes(ids, this.skips(options))
  }

  decoder(options: DecodeOptions = {}): StreamDecoder {
    return streamDecoder(this.decoding(), this.skips(options))
  }

  incremental(options: EncodeOptions = {}): IncrementalEncoder {
    if (options.maxLength !== undefined || options.offsets) {
      throw new TesseraError('ARGUMENT_INVALID', 'A growing text has no maximum length and no offsets yet', {
        where: options.offsets ? 'offsets' : 'maxLength',
        hint: 'Encode the whole text instead',
      })
    }
    const { frame } = this.template
    const framed = options.template !== false && frame
    const none = new Uint32Array(0)
    const part = (text: string, start: boolean) => {
      this.sink.length = 0
      this.walk(text, options.specials, false, start ? 'source' : 'inside', this.intoSink(this.sink))
      return this.sink.take()
    }
    const cuttable = this.lane instanceof FastLane && this.spec.addedTokens.every(leavesCutsAlone)
    const cut = cuttable ? (this.lane as FastLane).plan.cut : null
    return new IncrementalText(part, cut, framed ? framed.before : none, framed ? framed.after : none)
  }

  pad(rows: readonly ArrayLike<number>[], options: PadOptions = {}): PaddedBatch {
    return padRows(rows, options, this.spec.padding)
  }

  idOf(token: string): number {
    this.addedIds ??= new Map(this.spec.addedTokens.map((added) => [added.content, added.id]))
    return this.addedIds.get(token) ?? this.spec.model.vocab.idOfString(token)
  }

  info(id: number): TokenInfo {
    const decoder = this.decoding()
    if (!decoder.has(id)) throw decoder.outOfRange(id, 0)
    const added = this.spec.addedTokens.find((token) => token.id === id)
    return {
      id,
      token: added?.content ?? this.spec.model.vocab.stringOf(id),
      bytes: decoder.view
        ? decoder.view.bytes.slice(decoder.view.offsets[id]!, decoder.view.offsets[id + 1]!)
        : utf8Encode(decoder.text([id], false)),
      special: decoder.isSpecial(id),
      added: added !== undefined,
    }
  }

  mergeTree(text: string): MergeNode[] {
    const { model } = this.spec
    if (model.type !== 'BPE' || !(this.lane instanceof FastLane)) {
      throw new TesseraError('FORMAT_UNSUPPORTED', `${this.name} has no merges to draw (${model.type})`, {
        hint: 'Merge trees exist for byte-pair encoding',
      })
    }
    const lane = this.lane
    const nodes: MergeNode[] = []
    this.walk(text, 'text', false, 'source', {
      text: (part, place) => lane.pieces(part, place, (bytes) => nodes.push(...mergeTreeOf(model, bytes))),
      added: (id) => {
        const { token, bytes } = this.info(id)
        nodes.push({ id, token, bytes, rank: null, children: null })
      },
    })
    return nodes
  }

  private decoding(): IdDecoder {
    if (this.idDecoder) return this.idDecoder
    const { normalizer, reference } = this.spec
    const whole = normalizer ? overStrings(compileNormalizer(normalizer, reference)) : null
    this.idDecoder = new IdDecoder(this.spec, whole)
    return this.idDecoder
  }

  private skips(options: DecodeOptions): boolean {
    return options.skipSpecials ?? this.spec.reference !== 'tiktoken'
  }

  private policy(specials: Specials | undefined): Specials {
    return specials ?? (this.spec.reference === 'tiktoken' ? 'text' : 'parse')
  }

  /** Hands over the parts of a source text: added tokens, and normalized text between them. */
  private walk(
    source: string,
    specials: Specials | undefined,
    tracked: boolean,
    start: Place,
    visit: Visit,
  ): void {
    const { added, normalize } = this
    const policy = this.policy(specials)
    const tracks = tracked || this.tracksAlways
    const part = (from: number, to: number, id: number) => {
      if (id >= 0) return visit.added(id, from, to)
      const text = aligned(from === 0 && to === source.length ? source : source.slice(from, to), tracks, from)
      const normal = normalize ? normalize(text) : text
      const place = from === 0 ? start : 'part'
      if (added.normalizedEmpty) return visit.text(normal, place)
      added.splitNormalized(normal.text, policy, (a, b, inner) => {
        if (inner >= 0) {
          const range = sourceRange(normal, a, b)
          visit.added(inner, range[0], range[1])
        } else {
          visit.text(sliceAligned(normal, a, b), a === 0 ? place : 'part')
        }
      })
    }
    if (added.rawEmpty) {
      if (source !== '') part(0, source.length, -1)
    } else {
      added.splitRaw(source, policy, part)
    }
  }

  private intoSink(sink: IdSink): Visit {
    return {
      text: (text, place) => this.lane.encode(text, place, sink),
      added: (id) => sink.push(id),
    }
  }

  private encodeInto(text: string | Uint8Array, options: EncodeOptions, sink: IdSink): void {
    if (typeof text === 'string') {
      this.walk(this.wellFormed(text), options.specials, false, 'source', this.intoSink(sink))
    } else {
      this.walkBytes(text, options, this.intoSink(sink), (bytes) =>
        (this.lane as FastLane).encodeBytes(bytes, sink),
      )
    }
  }

  private countText(text: string | Uint8Array, options: EncodeOptions, limit: number): number {
    let n = 0
    const visit: Visit = {
      text: (part, place) => {
        if (n <= limit) n += this.lane.count(part, place, limit - n)
      },
      added: () => n++,
    }
    if (typeof text === 'string') {
      this.walk(this.wellFormed(text), options.specials, false, 'source', visit)
    } else {
      this.walkBytes(text, options, visit, (bytes) => {
        n += (this.lane as FastLane).countBytes(bytes)
      })
    }
    return n
  }

  /** The fast lane writes lone surrogates as U+FFFD by itself; the plain lane must not see them. */
  private wellFormed(text: string): string {
    if (typeof text !== 'string') {
      throw new TesseraError('ARGUMENT_INVALID', `Expected a string or Uint8Array, got ${typeof text}`, {
        where: 'text',
      })
    }
    return this.lane.kind === 'fast' && !this.normalize ? text : text.toWellFormed()
  }

  /**
   * Bytes: as the text that they are, when they are UTF-8. Byte-level tokenizers take malformed bytes too,
   * each run of them as one piece; those without a pre-tokenizer take all bytes as one sequence.
   */
  private walkBytes(
    bytes: Uint8Array,
    options: EncodeOptions,
    visit: Visit,
    raw: (bytes: Uint8Array) => void,
  ): void {
    if (!(bytes instanceof Uint8Array)) {
      throw new TesseraError('ARGUMENT_INVALID', 'Expected a string or Uint8Array', { where: 'text' })
    }
    const { lane } = this
    if (lane instanceof FastLane && lane.takesRawBytes && options.specials === undefined && !this.normalize) {
      return raw(bytes)
    }
    const malformed = firstMalformedByte(bytes)
    if (malformed < 0) return this.walk(utf8Decode(bytes), options.specials, false, 'source', visit)
    if (!(lane instanceof FastLane) || !lane.plan.model.byteLevel) utf8DecodeStrict(bytes)
    let at = 0
    while (at < bytes.length) {
      let end = at
      for (let n; end < bytes.length && (n = utf8SequenceLength(bytes, end)) > 0; end += n);
      if (end > at) {
        const place = at === 0 ? 'source' : 'part'
        this.walk(utf8Decode(bytes.subarray(at, end)), options.specials, false, place, visit)
      }
      at = end
      while (end < bytes.length && utf8SequenceLength(bytes, end) === 0) end++
      if (end > at) raw(bytes.subarray(at, end))
      at = end
    }
  }

  private encodeDetailed(a: string | Uint8Array, b: string | null, options: EncodeOptions): Encoding {
    const first = this.builder(a, options)
    const second = b === null ? null : this.builder(b, options)
    const [partA, partB] = this.truncate(first.part(0), second && second.part(1), options)
    const whole = this.template.apply(partA, partB, options.template !== false)
    return EncodingBuilder.encoding(whole, first, second, options.truncateSide === 'left')
  }

  private builder(source: string | Uint8Array, options: EncodeOptions): EncodingBuilder {
    const { lane } = this
    if (typeof source !== 'string') {
      if (
        lane instanceof FastLane &&
        lane.takesRawBytes &&
        options.specials === undefined &&
        !this.normalize
      ) {
        const raw = EncodingBuilder.overBytes(source, (id) => this.tokenString(id))
        lane.bytesSpans(source, raw)
        return raw
      }
      const text = utf8DecodeStrict(source)
      const builder = new EncodingBuilder(text, (id) => this.tokenString(id), true)
      this.detail(text, options, builder)
      return builder
    }
    const text = source.toWellFormed()
    const builder = new EncodingBuilder(text, (id) => this.tokenString(id), false)
    this.detail(text, options, builder)
    return builder
  }

  private detail(text: string, options: EncodeOptions, builder: EncodingBuilder): void {
    this.walk(text, options.specials, true, 'source', {
      text: (part, place) => this.lane.encodeSpans(part, place, builder),
      added: (id, start, end) => builder.push(id, start, end, 0, 0),
    })
  }

  private tokenString(id: number): string {
    return this.decoding().strings.of(id) ?? ''
  }

  private truncate(a: Part, b: Part | null, options: EncodeOptions): [Part, Part | null] {
    const { truncation } = this.spec
    const maxLength = options.maxLength ?? truncation?.max_length
    if (maxLength === undefined) return [a, b]
    if (!Number.isInteger(maxLength) || maxLength < 0) {
      throw new TesseraError('ARGUMENT_INVALID', `A maximum length of ${maxLength}`, { where: 'maxLength' })
    }
    const added = options.template === false ? 0 : this.template.added(b !== null)
    const direction =
      options.truncateSide === undefined
        ? (truncation?.direction ?? 'Right')
        : options.truncateSide === 'left'
          ? 'Left'
          : 'Right'
    const strategy = truncation?.strategy ?? 'LongestFirst'
    return truncateParts(a, b, roomForText(maxLength, added), strategy, direction)
  }
}

function overStrings(normalize: (text: AlignedText) => AlignedText): (text: string) => string {
  return (text) => normalize(aligned(text, false)).text
}

/** Whether no place where a text may be cut (engine/safe-cut.ts) can lie inside this token's match. */
function leavesCutsAlone(token: { content: string; rstrip: boolean }): boolean {
  return !token.rstrip && !/[A-Za-z] |\n\S/.test(token.content)
}
