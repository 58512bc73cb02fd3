// SentencePiece `.model` → TokenizerSpec, with the ids of SentencePiece itself. Hugging Face's converters
// come close, but strip any white space and list every possible split as a merge; here the normalizer
// follows sentencepiece/src/normalizer.cc (only U+0020 is collapsed and trimmed), and merges are derived
// from scores exactly. Source: google/sentencepiece (normalizer.cc, bpe_model.cc, unigram_model.cc).
import { compareBytes, utf8Decode, utf8Encode } from '../../core/index.ts'
import type {
  AddedToken,
  DecoderSpec,
  ModelSpec,
  NormalizerSpec,
  PreTokenizerSpec,
  TokenizerSpec,
} from '../spec.ts'
import type { Vocab } from '../vocab.ts'
import { encodeBase64 } from './base64.ts'
import { JsonFields } from './json-fields.ts'
import { indexObject, parseSpan } from './json-cursor.ts'
import { checkFileSize, invalid, unsupported } from './limits.ts'
import { mergesFromScores } from './rank-merges.ts'
import { MODEL, PIECE, type Piece, readModelProto, type SentencePieceModel } from './sentencepiece-proto.ts'
import { TokenTable } from './token-table.ts'
import { readChatTemplate, readNamedTokens } from './tokenizer-json/settings.ts'

const NOTHING = new Uint8Array(0)
const SPACE = '\u2581'

export interface SentencePieceOptions {
  /** For people; default `sentencepiece`. */
  name?: string
  /** tokenizer_config.json beside the model: named tokens and the chat template. */
  config?: Uint8Array
  chatTemplate?: string
}

/** Throws FORMAT_INVALID, FORMAT_UNSUPPORTED (word models, white space as suffix), FILE_TOO_LARGE. */
export function readSentencePiece(bytes: Uint8Array, options: SentencePieceOptions = {}): TokenizerSpec {
  const name = options.name ?? 'sentencepiece'
  checkFileSize(bytes, name)
  const proto = readModelProto(bytes)
  const spec = pieceSpec(proto, name)
  if (!options.config) return { ...spec, chatTemplate: options.chatTemplate ?? null }
  const span = { from: 0, to: options.config.length }
  indexObject(options.config, span, 'tokenizer_config.json', { maxKeys: 1 << 20 })
  const config = new JsonFields(
    parseSpan(options.config, span, 'tokenizer_config.json'),
    'tokenizer_config.json',
  )
  return {
    ...spec,
    chatTemplate: options.chatTemplate ?? readChatTemplate(config),
    namedTokens: { ...spec.namedTokens, ...readNamedTokens(config) },
  }
}

/** The spec of a parsed model; GGUF metadata of SentencePiece vocabularies comes this way too. */
export function pieceSpec(proto: SentencePieceModel, name: string): TokenizerSpec {
  if (proto.whitespaceAsSuffix && proto.addDummyPrefix) {
    throw unsupported('White space as a suffix (treat_whitespace_as_suffix) is not implemented', name)
  }
  const { pieces } = proto
  const symbolScores = scoresOfSymbols(proto)
  const userDefined = symbolScores === null && pieces.some((p) => p.type === PIECE.userDefined)
  const named: [string, string][] = [
    ['unk_token', proto.unkPiece],
    ['bos_token', proto.bosPiece],
    ['eos_token', proto.eosPiece],
    ['pad_token', proto.padPiece],
  ]
  return {
    name,
    reference: 'sentencepiece',
    normalizer: normalizerOf(proto, userDefined),
    preTokenizer: preTokenizerOf(proto, userDefined),
    model: modelOf(proto, name, symbolScores),
    postProcessor: null,
    decoder: decoderOf(proto),
    addedTokens: addedPieces(pieces, userDefined),
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: Object.fromEntries(named.filter(([, token]) => isPiece(pieces, token))),
  }
}

function isPiece(pieces: readonly Piece[], token: string): boolean {
  const wanted = utf8Encode(token)
  return pieces.some(({ bytes }) => bytes.length === wanted.length && compareBytes(bytes, wanted) === 0)
}

/** Control and unknown pieces are special; user-defined ones are cut out of the normalized text. */
function addedPieces(pieces: readonly Piece[], userDefined: boolean): AddedToken[] {
  return pieces.flatMap(({ bytes, type }, id) => {
    const special = type === PIECE.control || type === PIECE.unknown
    if (bytes.length === 0 || (!special && !(userDefined && type === PIECE.userDefined))) return []
    return [
      {
        id,
        content: utf8Decode(bytes),
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: !special,
        special,
      },
    ]
  })
}

/**
 * A Unigram model can hold user-defined pieces itself, as SentencePiece does: with the score
 * (bytes × highest score − 0.1). This is exact as long as normalization would leave them alone (it skips them)
 * and that score is not below all others (the penalty of unknown characters hangs on the lowest). null: not so.
 */
function scoresOfSymbols({
  pieces,
  modelType,
  charsMap,
  normalization,
}: SentencePieceModel): Float64Array | null {
  if (modelType !== MODEL.unigram) return null
  const folded = normalization.endsWith('_cf')
  const composed = /^(nmt_)?nfkc(_cf)?$/.test(normalization)
  if (charsMap.length > 0 && !composed) return null
  let highest = -Infinity
  let lowest = Infinity
  for (const { type, score } of pieces) {
    if (type !== PIECE.normal) continue
    highest = Math.max(highest, score)
    lowest = Math.min(lowest, score)
  }
  const scores = new Float64Array(pieces.length)
  for (let id = 0; id < pieces.length; id++) {
    const { type, bytes, score } = pieces[id]!
    scores[id] = score
    if (type !== PIECE.userDefined) continue
    const text = utf8Decode(bytes)
    const same =
      charsMap.length === 0 || (text.normalize('NFKC') === text && !(folded && text.toLowerCase() !== text))
    scores[id] = Math.fround(bytes.length * highest - 0.1)
    if (!same || scores[id]! < lowest) return null
  }
  return scores
}

function replace(regex: string, content: string): NormalizerSpec {
  return { type: 'Replace', pattern: { Regex: regex }, content }
}

/**
 * With user-defined pieces the normalized text comes in segments, of which only the first gets the prefix
 * (a Metaspace step, `preTokenizerOf`); and the pieces themselves pass through the normalizer, which has to
 * leave them as they are. Two rare inputs then differ from SentencePiece: a text that begins with a
 * user-defined piece lacks the prefix, and U+2581 in the input itself is not trimmed or doubled.
 */
function normalizerOf(proto: SentencePieceModel, userDefined: boolean): NormalizerSpec | null {
  const steps: NormalizerSpec[] = []
  const space = proto.escapeWhitespaces ? SPACE : ' '
  if (proto.charsMap.length > 0) {
    steps.push({ type: 'Precompiled', precompiled_charsmap: encodeBase64(proto.charsMap) })
  }
  if (proto.removeExtraWhitespaces) {
    // Leading spaces become the prefix at once, so that the first segment still begins at position 0.
    if (userDefined) steps.push(replace(' +\\z', ''), replace('\\A +', proto.addDummyPrefix ? space : ''))
    else steps.push(replace('\\A +', ''))
    steps.push(replace(' {2,}', ' '))
  }
  if (proto.escapeWhitespaces) steps.push({ type: 'Replace', pattern: { String: ' ' }, content: SPACE })
  // The trim at the end looks at the escaped text, so it also takes a U+2581 that was in the input.
  if (proto.removeExtraWhitespaces && !userDefined) steps.push(replace(`${space}+\\z`, ''))
  if (proto.addDummyPrefix && !userDefined) steps.push({ type: 'Prepend', prepend: space })
  return steps.length === 0 ? null : steps.length === 1 ? steps[0]! : { type: 'Sequence', normalizers: steps }
}

function preTokenizerOf(proto: SentencePieceModel, userDefined: boolean): PreTokenizerSpec | null {
  if (!proto.addDummyPrefix || !userDefined) return null
  const replacement = proto.escapeWhitespaces ? SPACE : ' '
  return { type: 'Metaspace', replacement, prepend_scheme: 'first', split: false }
}

function decoderOf(proto: SentencePieceModel): DecoderSpec {
  const decoders: DecoderSpec[] = []
  if (proto.escapeWhitespaces) decoders.push({ type: 'Replace', pattern: { String: SPACE }, content: ' ' })
  if (proto.byteFallback) decoders.push({ type: 'ByteFallback' })
  decoders.push({ type: 'Fuse' })
  if (proto.addDummyPrefix || proto.removeExtraWhitespaces) {
    decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 })
  }
  return { type: 'Sequence', decoders }
}

function modelOf(proto: SentencePieceModel, name: string, symbolScores: Float64Array | null): ModelSpec {
  const { pieces, byteFallback } = proto
  const unknown = pieces.findIndex((p) => p.type === PIECE.unknown)
  switch (proto.modelType) {
    case MODEL.unigram: {
      // Pieces that text never becomes are holes here; their names are in the added tokens.
      const inText = ({ type }: Piece) =>
        type === PIECE.normal || type === PIECE.byte || (symbolScores !== null && type === PIECE.userDefined)
      const scores = Float64Array.from(pieces, (p, id) => (inText(p) ? (symbolScores?.[id] ?? p.score) : 0))
      return {
        type: 'Unigram',
        vocab: vocabOf(pieces, inText),
        scores,
        unkId: unknown < 0 ? null : unknown,
        byteFallback,
      }
    }
    case MODEL.bpe:
    case MODEL.char: {
      if (pieces.some((p) => p.type === PIECE.unused)) {
        throw unsupported(
          'A BPE model with unused pieces',
          name,
          'Re-export the model without a vocabulary filter',
        )
      }
      const vocab = vocabOf(pieces, () => true)
      const scores = Float64Array.from(pieces, (p) => (p.type === PIECE.normal ? p.score : NaN))
      return {
        type: 'BPE',
        vocab,
        merges: proto.modelType === MODEL.char ? new Uint32Array(0) : mergesFromScores(vocab, scores),
        byteLevel: false,
        unkToken: unknown < 0 ? null : utf8Decode(pieces[unknown]!.bytes),
        continuingSubwordPrefix: null,
        endOfWordSuffix: null,
        fuseUnk: true,
        byteFallback,
        ignoreMerges: false,
      }
    }
    case MODEL.word:
      throw unsupported('A SentencePiece word model', name, 'BPE, Unigram and character models are read')
    default:
      throw invalid(`Unknown model type ${proto.modelType}`, 'trainer_spec.model_type')
  }
}

function vocabOf(pieces: readonly Piece[], keep: (piece: Piece) => boolean): Vocab {
  const table = new TokenTable()
  pieces.forEach((piece, id) => table.push(id, keep(piece) ? piece.bytes : NOTHING))
  return table.toVocab('text', 'pieces')
}
