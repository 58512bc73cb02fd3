// The tokenizer that users hold: added tokens, normalizer, a lane, the template, and back again.
import { TesseraError, utf8DecodeStrict, utf8Encode } from '../core/index.ts'
import { IdSink } from './bpe/id-sink.ts'
import { EncodingBuilder } from './engine/encoding-builder.ts'
import { FastLane } from './engine/fast-lane.ts'
import { IdDecoder } from './engine/id-decoder.ts'
import { IncrementalText } from './engine/incremental.ts'
import { mergeTreeOf } from './engine/merge-tree.ts'
import { SourceText, type Visit } from './engine/source-text.ts'
import { streamDecoder } from './engine/stream-decoder.ts'
import { SubwordSampling } from './engine/subword-sampling.ts'
import { compilePostProcessor, type PostProcessor } from './postprocess/compile.ts'
import { padRows } from './postprocess/pad.ts'
import type { Part } from './postprocess/part.ts'
import { roomForText, truncateParts } from './postprocess/truncate.ts'
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
  SampleOptions,
  ScoredIds,
  StreamDecoder,
  TokenInfo,
  Tokenizer,
} from './types.ts'

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
  private readonly source: SourceText
  private readonly template: PostProcessor
  private readonly sink = new IdSink()
  private idDecoder: IdDecoder | null = null
  private addedIds: Map<string, number> | null = null
  private addedById: Map<number, TokenizerSpec['addedTokens'][number]> | null = null
  private sampling: SubwordSampling | null = null

  constructor(spec: TokenizerSpec, settings: TokenizerSettings) {
    this.spec = spec
    this.name = spec.name
    this.source = new SourceText(spec, settings.lane ?? 'auto')
    this.template = compilePostProcessor(spec.postProcessor, spec.addedTokens)
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
    const direct =
      maxLength === undefined && frame !== null ? this.source.directLane(text, options.specials) : null
    if (direct) {
      if (framed && frame!.before.length > 0) for (const id of frame!.before) sink.push(id)
      direct.encodeDirect(text as string, sink)
      if (framed && frame!.after.length > 0) for (const id of frame!.after) sink.push(id)
      return sink.take()
    }
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

  nBest(text: string, n: number, options: Pick<EncodeOptions, 'specials' | 'template'> = {}): ScoredIds[] {
    const ways = this.otherWays().nBest(text, n, options.specials)
    return ways.map(({ ids, score }) => ({ ids: this.framed(ids, options.template), score }))
  }

  sample(text: string, options: SampleOptions = {}): Uint32Array {
    return this.framed(this.otherWays().sample(text, options), options.template)
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
      this.source.walk(text, options.specials, false, start ? 'source' : 'inside', this.intoSink(this.sink))
      return this.sink.take()
    }
    const cuttable = this.source.lane instanceof FastLane && this.spec.addedTokens.every(leavesCutsAlone)
    const cut = cuttable ? (this.source.lane as FastLane).plan.cut : null
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
    this.addedById ??= new Map(this.spec.addedTokens.map((token) => [token.id, token]))
    const added = this.addedById.get(id)
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
    if (model.type !== 'BPE' || !(this.source.lane instanceof FastLane)) {
      throw new TesseraError('FORMAT_UNSUPPORTED', `${this.name} has no merges to draw (${model.type})`, {
        hint: 'Merge trees exist for byte-pair encoding',
      })
    }
    const lane = this.source.lane
    const nodes: MergeNode[] = []
    this.source.walk(text, 'text', false, 'source', {
      text: (part, place) => lane.pieces(part, place, (bytes) => nodes.push(...mergeTreeOf(model, bytes))),
      added: (id) => {
        const { token, bytes } = this.info(id)
        nodes.push({ id, token, bytes, rank: null, children: null })
      },
    })
    return nodes
  }

  private otherWays(): SubwordSampling {
    return (this.sampling ??= new SubwordSampling(this.spec, this.source))
  }

  private framed(ids: Uint32Array, template: boolean | undefined): Uint32Array {
    return this.template.apply({ ids, details: null }, null, template !== false).ids
  }

  private decoding(): IdDecoder {
    if (this.idDecoder) return this.idDecoder
    this.idDecoder = new IdDecoder(this.spec, this.source.normalizeString)
    return this.idDecoder
  }

  private skips(options: DecodeOptions): boolean {
    return options.skipSpecials ?? this.spec.reference !== 'tiktoken'
  }

  private intoSink(sink: IdSink): Visit {
    return {
      text: (text, place) => this.source.lane.encode(text, place, sink),
      added: (id) => sink.push(id),
    }
  }

  private encodeInto(text: string | Uint8Array, options: EncodeOptions, sink: IdSink): void {
    if (typeof text === 'string') {
      this.source.walk(this.source.wellFormed(text), options.specials, false, 'source', this.intoSink(sink))
    } else {
      this.source.walkBytes(text, options.specials, this.intoSink(sink), (bytes) =>
        (this.source.lane as FastLane).encodeBytes(bytes, sink),
      )
    }
  }

  private countText(text: string | Uint8Array, options: EncodeOptions, limit: number): number {
    const direct = this.source.directLane(text, options.specials)
    if (direct) return direct.countDirect(text as string, limit)
    let n = 0
    const visit: Visit = {
      text: (part, place) => {
        if (n <= limit) n += this.source.lane.count(part, place, limit - n)
      },
      added: () => n++,
    }
    if (typeof text === 'string') {
      this.source.walk(this.source.wellFormed(text), options.specials, false, 'source', visit)
    } else {
      this.source.walkBytes(text, options.specials, visit, (bytes) => {
        n += (this.source.lane as FastLane).countBytes(bytes)
      })
    }
    return n
  }

  private encodeDetailed(a: string | Uint8Array, b: string | null, options: EncodeOptions): Encoding {
    const first = this.builder(a, options)
    const second = b === null ? null : this.builder(b, options)
    const [partA, partB] = this.truncate(first.part(0), second && second.part(1), options)
    const whole = this.template.apply(partA, partB, options.template !== false)
    return EncodingBuilder.encoding(whole, first, second, this.truncateSide(options) === 'Left')
  }

  private builder(source: string | Uint8Array, options: EncodeOptions): EncodingBuilder {
    const { lane } = this.source
    if (source instanceof Uint8Array) {
      if (lane instanceof FastLane && this.source.takesRawBytes(options.specials)) {
        const raw = EncodingBuilder.overBytes(source, (id) => this.tokenString(id))
        lane.bytesSpans(source, raw)
        return raw
      }
      const text = utf8DecodeStrict(source)
      const builder = new EncodingBuilder(text, (id) => this.tokenString(id), true)
      this.detail(text, options, builder)
      return builder
    }
    const text = this.source.wellFormed(source).toWellFormed()
    const builder = new EncodingBuilder(text, (id) => this.tokenString(id), false)
    this.detail(text, options, builder)
    return builder
  }

  private detail(text: string, options: EncodeOptions, builder: EncodingBuilder): void {
    this.source.walk(text, options.specials, true, 'source', {
      text: (part, place) => this.source.lane.encodeSpans(part, place, builder),
      added: (id, start, end) => builder.push(id, start, end, 0, 0),
    })
  }

  private truncateSide(options: EncodeOptions): 'Left' | 'Right' {
    if (options.truncateSide === undefined) return this.spec.truncation?.direction ?? 'Right'
    return options.truncateSide === 'left' ? 'Left' : 'Right'
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
    const strategy = truncation?.strategy ?? 'LongestFirst'
    return truncateParts(a, b, roomForText(maxLength, added), strategy, this.truncateSide(options))
  }
}

/** Whether no place where a text may be cut (engine/safe-cut.ts) can lie inside this token's match. */
function leavesCutsAlone(token: { content: string; rstrip: boolean }): boolean {
  return !token.rstrip && !/[A-Za-z] |\n\S/.test(token.content)
}
