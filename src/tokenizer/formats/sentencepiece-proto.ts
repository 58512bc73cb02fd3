// The protocol buffer of a SentencePiece model, read by hand: the few fields that decide ids, unknown
// fields skipped. Source: google/sentencepiece, src/sentencepiece_model.proto.
import { ByteReader, firstMalformedByte, utf8DecodeStrict } from '../../core/index.ts'
import { invalid, MAX_IDS } from './limits.ts'

/** SentencePiece.Type */
export const PIECE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const
/** TrainerSpec.ModelType */
export const MODEL = { unigram: 1, bpe: 2, word: 3, char: 4 } as const

export interface Piece {
  /** UTF-8 of the piece. */
  bytes: Uint8Array
  score: number
  type: number
}

export interface SentencePieceModel {
  pieces: Piece[]
  modelType: number
  byteFallback: boolean
  whitespaceAsSuffix: boolean
  unkPiece: string
  bosPiece: string
  eosPiece: string
  padPiece: string
  /** `identity`, `nfkc`, `nmt_nfkc`, `nfkc_cf`, `nmt_nfkc_cf`; '' = not said. */
  normalization: string
  charsMap: Uint8Array
  addDummyPrefix: boolean
  removeExtraWhitespaces: boolean
  escapeWhitespaces: boolean
}

/** One field of a message: a number (wire types 0 and 5 as float) or a range of bytes. */
interface Field {
  number: number
  value: number
  body: ByteReader | null
}

function nextField(reader: ByteReader): Field {
  const tag = reader.varint()
  const number = Math.floor(tag / 8)
  if (number === 0) reader.fail('A field has the number 0')
  switch (tag % 8) {
    case 0:
      return { number, value: reader.varint64(), body: null }
    case 1:
      reader.skip(8)
      return { number, value: NaN, body: null }
    case 2:
      return { number, value: NaN, body: reader.within(reader.varint()) }
    case 5:
      return { number, value: reader.f32(), body: null }
    default:
      return reader.fail(`Wire type ${tag % 8} does not occur in a SentencePiece model`)
  }
}

function textOf(field: Field, where: string): string {
  if (!field.body) throw invalid('Expected text', where)
  return utf8DecodeStrict(field.body.take(field.body.left), where)
}

function readPiece(reader: ByteReader, index: number): Piece {
  const piece: Piece = { bytes: new Uint8Array(0), score: 0, type: PIECE.normal }
  while (reader.left > 0) {
    const field = nextField(reader)
    if (field.number === 1 && field.body) piece.bytes = field.body.take(field.body.left)
    else if (field.number === 2) piece.score = field.value
    else if (field.number === 3) piece.type = field.value
  }
  if (firstMalformedByte(piece.bytes) >= 0) throw invalid('The piece is not UTF-8', `pieces[${index}]`)
  if (!Number.isFinite(piece.score)) throw invalid('The score is not a number', `pieces[${index}]`)
  if (!(piece.type >= 1 && piece.type <= 6))
    throw invalid(`Unknown piece type ${piece.type}`, `pieces[${index}]`)
  return piece
}

function readTrainerSpec(reader: ByteReader, model: SentencePieceModel): void {
  while (reader.left > 0) {
    const field = nextField(reader)
    if (field.number === 3) model.modelType = field.value
    else if (field.number === 24) model.whitespaceAsSuffix = field.value !== 0
    else if (field.number === 35) model.byteFallback = field.value !== 0
    else if (field.number === 45) model.unkPiece = textOf(field, 'trainer_spec.unk_piece')
    else if (field.number === 46) model.bosPiece = textOf(field, 'trainer_spec.bos_piece')
    else if (field.number === 47) model.eosPiece = textOf(field, 'trainer_spec.eos_piece')
    else if (field.number === 48) model.padPiece = textOf(field, 'trainer_spec.pad_piece')
  }
}

function readNormalizerSpec(reader: ByteReader, model: SentencePieceModel): void {
  while (reader.left > 0) {
    const field = nextField(reader)
    if (field.number === 1) model.normalization = textOf(field, 'normalizer_spec.name')
    else if (field.number === 2 && field.body) model.charsMap = field.body.take(field.body.left)
    else if (field.number === 3) model.addDummyPrefix = field.value !== 0
    else if (field.number === 4) model.removeExtraWhitespaces = field.value !== 0
    else if (field.number === 5) model.escapeWhitespaces = field.value !== 0
  }
}

/** Throws FORMAT_INVALID for anything that is not a whole model. */
export function readModelProto(bytes: Uint8Array): SentencePieceModel {
  const model: SentencePieceModel = {
    pieces: [],
    modelType: MODEL.unigram,
    byteFallback: false,
    whitespaceAsSuffix: false,
    unkPiece: '<unk>',
    bosPiece: '<s>',
    eosPiece: '</s>',
    padPiece: '<pad>',
    normalization: '',
    charsMap: new Uint8Array(0),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  }
  const reader = new ByteReader(bytes)
  while (reader.left > 0) {
    const { number, body } = nextField(reader)
    if (number > 5 && number < 200) reader.fail(`A SentencePiece model has no field ${number}`)
    if (!body) continue
    if (number === 1) {
      if (model.pieces.length >= MAX_IDS) throw invalid(`More than ${MAX_IDS} pieces`)
      model.pieces.push(readPiece(body, model.pieces.length))
    } else if (number === 2) readTrainerSpec(body, model)
    else if (number === 3) readNormalizerSpec(body, model)
  }
  if (model.pieces.length === 0) throw invalid('No pieces', undefined, 'This is not a SentencePiece model')
  return model
}
