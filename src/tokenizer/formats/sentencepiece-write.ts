// TokenizerSpec → SentencePiece `.model`, which spm_encode reads to the same ids. BPE needs scores whose order
// makes the same merges (rank-merges.ts finds out whether there are any); Unigram scores are stored as 32-bit
// floats. What a .model has no place for is left out: templates, truncation, padding, chat templates.
// Special tokens become control pieces, which SentencePiece never makes from text (`specials: 'text'`).
// Source: google/sentencepiece, src/sentencepiece_model.proto.
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import type { BpeModelSpec, TokenizerSpec, UnigramModelSpec } from '../spec.ts'
import { unsupported } from './limits.ts'
import { joinedIds, scoresFromMerges } from './rank-merges.ts'
import { normalizerSettings, type NormalizerSettings } from './sentencepiece-normalizer.ts'
import { MODEL, PIECE } from './sentencepiece-proto.ts'

interface WrittenPiece {
  bytes: Uint8Array
  score: number
  type: number
}

const BYTE_PIECE = /^<0x[0-9A-F]{2}>$/
const NOTHING = new Uint32Array(0)
const SPACE = utf8Encode('\u2581')

/**
 * Throws FORMAT_UNSUPPORTED for what a .model cannot say: byte-level vocabularies, WordPiece and WordLevel,
 * normalizers and pre-tokenizers that SentencePiece does not have, merges that no order of scores gives.
 */
export function writeSentencePiece(spec: TokenizerSpec): Uint8Array {
  const { model } = spec
  if (model.type !== 'Unigram' && model.type !== 'BPE')
    throw unsupported(
      `A SentencePiece model of type ${model.type}`,
      spec.name,
      'BPE and Unigram can be written',
    )
  const settings = normalizerSettings(spec)
  const scores = model.type === 'BPE' ? bpeScores(model, spec) : model.scores
  const pieces = piecesOf(spec, model, scores, settings)
  const textOf = (id: number) => utf8Decode(pieces[id]!.bytes)
  const idOf = (name: string) => {
    const token = spec.namedTokens[name]
    return token === undefined
      ? -1
      : pieces.findIndex(({ bytes }, id) => bytes.length > 0 && textOf(id) === token)
  }
  let unknown = pieces.findIndex(({ type }) => type === PIECE.unknown)
  if (unknown < 0) {
    // SentencePiece insists on one; behind all ids it takes nobody's place.
    if (!model.byteFallback && (model.type === 'Unigram' || model.unkToken !== null))
      throw unsupported('A vocabulary without its unknown token', spec.name)
    unknown = pieces.push({ bytes: freeName('<unk>', pieces), score: 0, type: PIECE.unknown }) - 1
  }
  const out = new ProtoWriter()
  for (const { bytes, score, type } of pieces) {
    const piece = new ProtoWriter()
    piece.bytes(1, bytes)
    piece.float(2, score)
    if (type !== PIECE.normal) piece.varint(3, type)
    out.bytes(1, piece.done())
  }
  const named: [number, number, string][] = [
    [40, 45, 'unk'],
    [41, 46, 'bos_token'],
    [42, 47, 'eos_token'],
    [43, 48, 'pad_token'],
  ]
  const trainer = new ProtoWriter()
  trainer.varint(3, model.type === 'BPE' ? MODEL.bpe : MODEL.unigram)
  trainer.varint(4, pieces.length)
  if (model.byteFallback) trainer.varint(35, 1)
  for (const [idField, , name] of named) trainer.varint(idField, name === 'unk' ? unknown : idOf(name))
  for (const [, pieceField, name] of named) {
    const id = name === 'unk' ? unknown : idOf(name)
    if (id >= 0) trainer.bytes(pieceField, pieces[id]!.bytes)
  }
  out.bytes(2, trainer.done())
  const normalizer = new ProtoWriter()
  normalizer.bytes(1, utf8Encode(settings.charsMap.length > 0 ? 'user_defined' : 'identity'))
  normalizer.bytes(2, settings.charsMap)
  normalizer.varint(3, settings.addDummyPrefix ? 1 : 0)
  normalizer.varint(4, settings.removeExtraWhitespaces ? 1 : 0)
  normalizer.varint(5, 1)
  out.bytes(3, normalizer.done())
  return out.done()
}

function bpeScores(model: BpeModelSpec, { name, addedTokens }: TokenizerSpec): Float64Array {
  if (model.byteLevel || model.vocab.alphabet === 'bytes')
    throw unsupported(
      'A byte-level vocabulary',
      name,
      'SentencePiece merges characters: train with base "characters"',
    )
  if (model.continuingSubwordPrefix !== null || model.endOfWordSuffix !== null)
    throw unsupported('Prefixes or suffixes of subwords', name)
  if (model.ignoreMerges) throw unsupported('Taking whole words before merges (ignore_merges)', name)
  if (!model.byteFallback && !model.fuseUnk && model.unkToken !== null) {
    throw unsupported(
      'One unknown token per character (SentencePiece makes one of a run)',
      name,
      'Train with byteFallback, or set fuseUnk',
    )
  }
  const scores = scoresFromMerges(model)
  if (!scores)
    throw unsupported(
      'Merges that no order of scores gives',
      name,
      'SentencePiece merges any two that join to a piece',
    )
  for (const id of joinedIds(model.vocab, model.merges ?? NOTHING))
    if (
      addedTokens.some((token) => token.id === id && token.special) ||
      (model.byteFallback && BYTE_PIECE.test(model.vocab.stringOf(id)))
    )
      throw unsupported(
        `A merge that makes ${JSON.stringify(model.vocab.stringOf(id))}`,
        name,
        'SentencePiece makes no control or byte piece from text',
      )
  return scores
}

function piecesOf(
  spec: TokenizerSpec,
  model: BpeModelSpec | UnigramModelSpec,
  scores: Float64Array,
  settings: NormalizerSettings,
): WrittenPiece[] {
  const { vocab } = model
  const added = new Map(spec.addedTokens.map((token) => [token.id, token]))
  const unknown = model.type === 'Unigram' ? model.unkId : idOfUnknown(spec, model)
  const size = Math.max(vocab.size, ...spec.addedTokens.map((token) => token.id + 1))
  const pieces: WrittenPiece[] = []
  const texts = new Set<string>()
  for (let id = 0; id < size; id++) {
    const token = added.get(id)
    const bytes = token ? utf8Encode(token.content) : vocab.has(id) ? vocab.bytesOf(id) : new Uint8Array(0)
    const text = utf8Decode(bytes)
    let type: number = PIECE.normal
    let score = Math.fround(scores[id] ?? 0)
    if (id === unknown) type = PIECE.unknown
    else if (token) type = token.special ? PIECE.control : PIECE.userDefined
    else if (model.byteFallback && BYTE_PIECE.test(text)) type = PIECE.byte
    else if (bytes.length === 0 || texts.has(text) || Number.isNaN(score)) type = PIECE.control
    else if (settings.splits && hasInnerSpace(bytes)) type = PIECE.control
    if (type !== PIECE.normal) score = 0
    pieces.push({ bytes, score, type })
    texts.add(text)
  }
  // A piece needs a name of its own, also where the vocabulary has a hole.
  const taken = new Set<string>()
  pieces.forEach((piece, id) => {
    let text = utf8Decode(piece.bytes)
    if (text === '' || taken.has(text)) {
      for (text = `<unused${id}>`; texts.has(text); text = `<${text}>`);
      piece.bytes = utf8Encode(text)
    }
    taken.add(text)
  })
  return pieces
}

function idOfUnknown(spec: TokenizerSpec, model: BpeModelSpec): number | null {
  if (model.unkToken === null) return null
  return (
    spec.addedTokens.find(({ content }) => content === model.unkToken)?.id ??
    model.vocab.idOfString(model.unkToken)
  )
}

/** ▁ behind the first character of a piece, other than in a run of them at its start. */
function hasInnerSpace(bytes: Uint8Array): boolean {
  for (let at = 1; at + SPACE.length <= bytes.length; at++)
    if (SPACE.every((byte, i) => bytes[at + i] === byte)) return true
  return false
}

function freeName(name: string, pieces: readonly WrittenPiece[]): Uint8Array {
  const taken = new Set(pieces.map(({ bytes }) => utf8Decode(bytes)))
  while (taken.has(name)) name = `<${name}>`
  return utf8Encode(name)
}

/** Fields of a protocol buffer message, in the order in which they are given. */
class ProtoWriter {
  private buffer = new Uint8Array(256)
  private length = 0

  varint(field: number, value: number): void {
    this.raw(field * 8)
    // A negative int32 is written as 64 bits.
    if (value < 0) {
      this.room(10)
      for (let i = 0; i < 9; i++) this.buffer[this.length++] = i === 0 ? 0x80 | (value & 0x7f) : 0xff
      this.buffer[this.length++] = 1
    } else this.raw(value)
  }

  float(field: number, value: number): void {
    this.raw(field * 8 + 5)
    this.room(4)
    new DataView(this.buffer.buffer).setFloat32(this.length, value, true)
    this.length += 4
  }

  bytes(field: number, value: Uint8Array): void {
    this.raw(field * 8 + 2)
    this.raw(value.length)
    this.room(value.length)
    this.buffer.set(value, this.length)
    this.length += value.length
  }

  done(): Uint8Array {
    return this.buffer.slice(0, this.length)
  }

  private raw(value: number): void {
    this.room(5)
    for (; value >= 0x80; value >>>= 7) this.buffer[this.length++] = (value & 0x7f) | 0x80
    this.buffer[this.length++] = value
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const wide = new Uint8Array(2 * (this.length + bytes))
    wide.set(this.buffer)
    this.buffer = wide
  }
}
