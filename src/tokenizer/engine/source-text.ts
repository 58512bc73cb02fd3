// A source text on its way to ids: added tokens are cut out, the rest is normalized and handed to a lane.
import {
  firstMalformedByte,
  TesseraError,
  utf8Decode,
  utf8DecodeStrict,
  utf8SequenceLength,
} from '../../core/index.ts'
import { compileAdded, type AddedMatcher } from '../added/added.ts'
import { aligned, sliceAligned, sourceRange, type AlignedText } from '../aligned.ts'
import { compileNormalizer, quietBelow } from '../normalize/index.ts'
import { needsSource } from '../pretokenize/compile.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { Specials } from '../types.ts'
import { FastLane } from './fast-lane.ts'
import { fastPlan } from './fast-plan.ts'
import type { Lane, Place } from './lane.ts'
import { PlainLane } from './plain-lane.ts'

/** What happens to each part of a source text, in order. */
export interface Visit {
  text(text: AlignedText, place: Place): void
  /** An added token over the source range `[start, end)`, in UTF-16 units. */
  added(id: number, start: number, end: number): void
}

/** The first surrogate. */
const SURROGATES = 0xd800
/** Longer texts are not looked through for what the normalizer would change. */
const SHORT = 1 << 12
/** At most so many first characters are looked for one by one. */
const FEW = 3

export class SourceText {
  readonly lane: Lane
  /** The tokenizer's whole normalizer over bare strings; null = none. */
  readonly normalizeString: ((text: string) => string) | null
  private readonly spec: TokenizerSpec
  private readonly added: AddedMatcher
  private readonly normalize: ((text: AlignedText) => AlignedText) | null
  /** A text whose code units are all below needs no normalizer, and is well formed; 0 = it may need one. */
  private readonly quiet: number
  private readonly tracksAlways: boolean
  /** Every added token is a special one. */
  private readonly onlySpecials: boolean
  /** The distinct first characters of added tokens: a text without them has none. */
  private readonly firstOfAdded: readonly string[]

  constructor(spec: TokenizerSpec, lane: 'auto' | 'plain') {
    this.spec = spec
    const whole = spec.normalizer ? compileNormalizer(spec.normalizer, spec.reference) : null
    this.normalizeString = whole && overStrings(whole)
    this.added = compileAdded(spec.addedTokens, this.normalizeString)
    this.onlySpecials = spec.addedTokens.every((token) => token.special)
    const contents = spec.addedTokens.map((token) => token.content)
    this.firstOfAdded = [
      ...new Set(contents.filter((content) => content !== '').map((content) => content[0]!)),
    ]
    // Added tokens that match normalized text may match where their own text is not.
    this.quiet =
      spec.normalizer && this.added.normalizedEmpty ? Math.min(quietBelow(spec.normalizer), SURROGATES) : 0
    const plan = lane === 'plain' ? null : fastPlan(spec)
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

  /** Bytes are one sequence, whatever they hold, unless special tokens are asked for. */
  takesRawBytes(specials: Specials | undefined): boolean {
    return (
      this.lane instanceof FastLane && this.lane.takesRawBytes && specials === undefined && !this.normalize
    )
  }

  /**
   * The lane, when this text needs nothing else: no added token can be in it, or the lane finds those by
   * itself, and nothing normalizes it.
   */
  directLane(text: string | Uint8Array, specials: Specials | undefined): FastLane | null {
    const { lane } = this
    if (typeof text !== 'string' || !(lane instanceof FastLane)) return null
    if (this.normalize && !this.isQuiet(text)) return null
    if (lane.plan.inline && this.policy(specials) === 'parse') return text.includes('▁') ? null : lane
    if (!lane.isDirect(text)) return null
    if (this.onlySpecials && this.policy(specials) === 'text') return lane
    for (const first of this.firstOfAdded) if (text.includes(first)) return null
    return this.firstOfAdded.length <= FEW ? lane : null
  }

  /** The normalizer would leave this text alone. */
  private isQuiet(text: string): boolean {
    const { quiet } = this
    const { length } = text
    if (quiet === 0 || length > SHORT) return false
    for (let i = 0; i < length; i++) if (text.charCodeAt(i) >= quiet) return false
    return true
  }

  /** Hands over the parts of a source text: added tokens, and normalized text between them. */
  walk(source: string, specials: Specials | undefined, tracked: boolean, start: Place, visit: Visit): void {
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

  /**
   * Bytes: as the text that they are, when they are UTF-8. Byte-level tokenizers take malformed bytes too,
   * each run of them as one piece; those without a pre-tokenizer take all bytes as one sequence.
   */
  walkBytes(
    bytes: Uint8Array,
    specials: Specials | undefined,
    visit: Visit,
    raw: (bytes: Uint8Array) => void,
  ): void {
    if (!(bytes instanceof Uint8Array)) {
      throw new TesseraError('ARGUMENT_INVALID', 'Expected a string or Uint8Array', { where: 'text' })
    }
    const { lane } = this
    if (this.takesRawBytes(specials)) {
      return raw(bytes)
    }
    const malformed = firstMalformedByte(bytes)
    if (malformed < 0) return this.walk(utf8Decode(bytes), specials, false, 'source', visit)
    if (!(lane instanceof FastLane) || !lane.plan.model.byteLevel) utf8DecodeStrict(bytes)
    let at = 0
    while (at < bytes.length) {
      let end = at
      for (let n; end < bytes.length && (n = utf8SequenceLength(bytes, end)) > 0; end += n);
      if (end > at) {
        const place = at === 0 ? 'source' : 'part'
        this.walk(utf8Decode(bytes.subarray(at, end)), specials, false, place, visit)
      }
      at = end
      while (end < bytes.length && utf8SequenceLength(bytes, end) === 0) end++
      if (end > at) raw(bytes.subarray(at, end))
      at = end
    }
  }

  /** The fast lane writes lone surrogates as U+FFFD by itself; the plain lane must not see them. */
  wellFormed(text: string): string {
    if (typeof text !== 'string') {
      throw new TesseraError('ARGUMENT_INVALID', `Expected a string or Uint8Array, got ${typeof text}`, {
        where: 'text',
      })
    }
    return this.lane.kind === 'fast' && !this.normalize ? text : text.toWellFormed()
  }

  private policy(specials: Specials | undefined): Specials {
    return specials ?? (this.spec.reference === 'tiktoken' ? 'text' : 'parse')
  }
}

function overStrings(normalize: (text: AlignedText) => AlignedText): (text: string) => string {
  return (text) => normalize(aligned(text, false)).text
}
