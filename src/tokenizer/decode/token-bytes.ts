// The bytes that each token adds to decoded text, for decoders where that does not depend on the tokens
// around it: byte-level (ByteLevel), SentencePiece-like (Replace ▁, ByteFallback, Fuse, Strip; Metaspace)
// and WordPiece. Fast decoding, decodeBytes and streaming are built on these tables; `decodeTokenText` is
// the plain use of them and equals compileDecoder on every sequence of ids.
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import type { DecoderSpec, TokenizerSpec } from '../spec.ts'
import { decodeStages, type DecodeStage } from './compile.ts'
import { byteLevelBytes, byteOf, byteRunText, type TokenMap } from './steps.ts'
import { compileTokenStrings, type TokenStrings } from './token-strings.ts'
import { builtTable, byteTokenIds, patchedTable, replacedIn, type Replacement } from './token-table.ts'

/**
 * To decode: leave out ids that are skipped (special tokens, when so asked) or have no token; take
 * `firstOf` of the first id that is left when it is not null, and the table's bytes of all others; remove
 * `strip` from the front of the whole; read the result as UTF-8 with U+FFFD for malformed sequences.
 * One thing differs in text (not in bytes) when `isByte` is not null: a run of neighbouring byte tokens that
 * is not UTF-8 as a whole becomes one U+FFFD per byte (see `decodeTokenText`).
 */
export interface TokenBytes {
  /** Largest id + 1, added tokens included. */
  readonly size: number
  /** Bytes of all tokens, one after another, in id order. */
  readonly bytes: Uint8Array
  /** `[size + 1]`: id's bytes are `bytes[offsets[id] .. offsets[id + 1]]`; none for an id without a token. */
  readonly offsets: Uint32Array
  /** The bytes of a token at the start of the text, where it may lose its space; null: as anywhere. */
  readonly firstOf: ((id: number) => Uint8Array) | null
  /** Up to `most` copies of `unit` are removed from the very start of the decoded bytes. */
  readonly strip: { readonly unit: Uint8Array; readonly most: number } | null
  /** `[size]` 1 = one of the 256 byte tokens `<0x00>` … `<0xFF>`; null: there is no byte fallback. */
  readonly isByte: Uint8Array | null
  readonly strings: TokenStrings
}

interface Plan {
  maps: TokenMap[]
  byteLevel: boolean
  fallback: boolean
  firstDiffers: boolean
  strip: { unit: Uint8Array; most: number } | null
  /** The only map, when it is the replacement of a string by a space. */
  replacement: Replacement | null
}

/**
 * The tables, or null when a token's text depends on its neighbours (no decoder: joined by spaces; CTC;
 * BPEDecoder, whose last token differs; steps after the join that can change the middle of the text).
 * `normalize` is the tokenizer's normalizer over strings (null: none), for added tokens with `normalized`.
 * Throws what `compileDecoder` throws.
 */
export function compileTokenBytes(
  spec: Pick<TokenizerSpec, 'model' | 'addedTokens' | 'decoder' | 'reference'>,
  normalize: ((text: string) => string) | null,
): TokenBytes | null {
  const plan = spec.decoder && planOf(decodeStages(spec.decoder, spec.reference))
  if (!plan) return null
  const strings = compileTokenStrings(spec, normalize)
  const bytesOf = (id: number, first = false): Uint8Array => {
    let token = strings.of(id)
    if (token === undefined) return NONE
    for (const map of plan.maps) token = map(token, first)
    if (plan.byteLevel) return byteLevelBytes(token)
    const byte = plan.fallback ? byteOf(token) : -1
    return byte >= 0 ? Uint8Array.of(byte) : utf8Encode(token)
  }
  const { vocab } = spec.model
  const added = spec.addedTokens.map((token) => token.id)
  const plain = plan.byteLevel && plan.maps.length === 0 && vocab.alphabet === 'bytes'
  const table = plain
    ? patchedTable(vocab, added, strings.size, bytesOf)
    : plan.replacement && !plan.byteLevel && vocab.alphabet === 'text'
      ? patchedTable(
          replacedIn(vocab, plan.replacement),
          plan.fallback ? [...added, ...byteTokenIds(vocab)] : added,
          strings.size,
          bytesOf,
        )
      : builtTable(strings.size, bytesOf)
  let isByte: Uint8Array | null = null
  if (plan.fallback) {
    isByte = new Uint8Array(strings.size)
    for (let id = 0; id < strings.size; id++) {
      if (table.offsets[id + 1]! - table.offsets[id]! !== 1) continue
      let token = strings.of(id)!
      for (const map of plan.maps) token = map(token, false)
      if (byteOf(token) >= 0) isByte[id] = 1
    }
  }
  return {
    size: strings.size,
    bytes: table.bytes,
    offsets: table.offsets,
    firstOf: plan.firstDiffers ? (id) => bytesOf(id, true) : null,
    strip: plan.strip,
    isByte,
    strings,
  }
}

const NONE = new Uint8Array(0)

/** Reads the chain as: maps of single tokens, then bytes, then a join, then at most a strip at the start. */
function planOf(stages: DecodeStage[]): Plan | null {
  const plan: Plan = {
    maps: [],
    byteLevel: false,
    fallback: false,
    firstDiffers: false,
    strip: null,
    replacement: null,
  }
  let joined = false
  for (const { kind, ...stage } of stages) {
    if (kind === 'list') return null
    if (kind === 'fuse') joined = true
    else if (joined) {
      const { spec } = stage
      if (spec.type !== 'Strip' || spec.stop > 0 || spec.content === '\ufffd' || plan.strip) return null
      if (spec.start > 0) plan.strip = { unit: utf8Encode(spec.content), most: spec.start }
    } else if (plan.fallback) return null
    else if (kind === 'bytes') plan.fallback = true
    else if (kind === 'byteLevel') {
      plan.byteLevel = true
      joined = true
    } else {
      if (!('map' in stage)) return null
      plan.maps.push(stage.map)
      plan.replacement = plan.maps.length === 1 ? replacementOf(stage.spec) : null
      if (stage.spec.type === 'WordPiece') plan.firstDiffers = true
      if (stage.spec.type === 'Metaspace' && stage.spec.prepend_scheme !== 'never') plan.firstDiffers = true
    }
  }
  return plan
}

function replacementOf(spec: DecoderSpec): Replacement | null {
  let from = ''
  let to = ' '
  if (spec.type === 'Metaspace') from = spec.replacement
  else if (spec.type === 'Replace' && 'String' in spec.pattern) {
    from = spec.pattern.String
    to = spec.content
  }
  // A space cannot make a byte token (`<0x41>`) out of another token.
  return from !== '' && to === ' ' ? { from: utf8Encode(from), to: utf8Encode(to) } : null
}

/** The decoded bytes of ids (skipped ones left out already). Ids out of range and holes add nothing. */
export function decodeTokenBytes(view: TokenBytes, ids: ArrayLike<number>): Uint8Array {
  return assemble(view, ids, false)
}

/** The decoded text: what `compileDecoder` makes of the ids' token strings. */
export function decodeTokenText(view: TokenBytes, ids: ArrayLike<number>): string {
  return utf8Decode(assemble(view, ids, view.isByte !== null))
}

function assemble(view: TokenBytes, ids: ArrayLike<number>, repairRuns: boolean): Uint8Array {
  const { bytes, offsets, size, firstOf, isByte } = view
  let at = 0
  let first: Uint8Array | null = null
  if (firstOf) {
    while (at < ids.length && view.strings.of(ids[at]!) === undefined) at++
    if (at < ids.length) first = firstOf(ids[at++]!)
  }
  let total = first?.length ?? 0
  for (let i = at; i < ids.length; i++) {
    const id = ids[i]!
    if (id < size) total += offsets[id + 1]! - offsets[id]!
  }
  // A repaired byte takes three.
  const out = new Uint8Array(repairRuns ? total * 3 : total)
  let used = 0
  if (first) {
    out.set(first, 0)
    used = first.length
  }
  let runStart = -1
  if (first && isByte && isByte[ids[at - 1]!] === 1) runStart = 0
  const endRun = (): void => {
    if (runStart < 0) return
    const count = used - runStart
    if (byteRunText(out.subarray(runStart, used)) === null) {
      for (let n = 0; n < count; n++) out.set(REPLACEMENT, runStart + 3 * n)
      used = runStart + 3 * count
    }
    runStart = -1
  }
  for (let i = at; i < ids.length; i++) {
    const id = ids[i]!
    if (id >= size) continue
    if (repairRuns) {
      if (isByte![id] !== 1) {
        if (view.strings.of(id) !== undefined) endRun()
      } else if (runStart < 0) runStart = used
    }
    for (let b = offsets[id]!; b < offsets[id + 1]!; b++) out[used++] = bytes[b]!
  }
  if (repairRuns) endRun()
  return out.subarray(strippedBytes(view, out, used), used)
}

const REPLACEMENT = utf8Encode('\ufffd')

/** Where the bytes begin behind what `strip` removes. */
export function strippedBytes(view: TokenBytes, out: Uint8Array, used: number): number {
  if (!view.strip) return 0
  const { unit, most } = view.strip
  let at = 0
  for (let n = 0; n < most && at + unit.length <= used; n++) {
    for (let i = 0; i < unit.length; i++) if (out[at + i] !== unit[i]) return at
    at += unit.length
  }
  return at
}
