// tokenizer.json → TokenizerSpec. Source: the serialized form of Hugging Face tokenizers, versions 0.10
// to 0.23, with the fields that older files lack or name otherwise.
// The file is indexed by byte ranges first: pre-tokenizer and model may stand in any order, and which
// alphabet the vocabulary is written in depends on the former.
import { utf8DecodeStrict } from '../../../core/index.ts'
import type { ModelSpec, NormalizerSpec, PreTokenizerSpec, TokenizerSpec } from '../../spec.ts'
import { indexObject, parseSpan, type Span } from '../json-cursor.ts'
import { integerOf, JsonFields } from '../json-fields.ts'
import { checkFileSize, invalid, unsupported } from '../limits.ts'
import { readDecoder, readNormalizer } from './normalizers.ts'
import { readPostProcessor, readPreTokenizer } from './pre-tokenizers.ts'
import {
  readAddedTokens,
  readChatTemplate,
  readNamedTokens,
  readPadding,
  readTruncation,
} from './settings.ts'
import { readMerges, readScoredVocab, readVocabObject, refuseDropout } from './vocabulary.ts'

export interface TokenizerJsonOptions {
  /** For people; default `tokenizer.json`. */
  name?: string
  /** tokenizer_config.json: named tokens and the chat template. */
  config?: Uint8Array
  /** special_tokens_map.json: named tokens, where the config lacks them. */
  specialTokensMap?: Uint8Array
  /** Source of chat_template.jinja; it outranks the config's. */
  chatTemplate?: string
}

/** Throws FORMAT_INVALID, FORMAT_UNSUPPORTED, FILE_TOO_LARGE, TEXT_NOT_UTF8. */
export function readTokenizerJson(bytes: Uint8Array, options: TokenizerJsonOptions = {}): TokenizerSpec {
  const name = options.name ?? 'tokenizer.json'
  checkFileSize(bytes, name)
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const modelIndex = new Map<string, Span>()
  const root = indexObject(bytes, { from: bom, to: bytes.length }, '', {
    inner: new Map([['model', modelIndex]]),
  })
  const value = (key: string): unknown => {
    const span = root.get(key)
    return span && parseSpan(bytes, span, key)
  }
  const version = value('version')
  if (version !== undefined && version !== '1.0') {
    throw unsupported(
      `Version ${JSON.stringify(version)} of tokenizer.json`,
      'version',
      'Version "1.0" is known',
    )
  }
  const modelSpan = root.get('model')
  if (!modelSpan) {
    throw invalid('This JSON has no "model"', name, 'A tokenizer.json has the keys model, pre_tokenizer, …')
  }
  const part = <T>(key: string, read: (v: unknown, where: string) => T): T | null => {
    const v = value(key)
    return v === undefined || v === null ? null : read(v, key)
  }
  const normalizer = part('normalizer', readNormalizer)
  const preTokenizer = part('pre_tokenizer', readPreTokenizer)
  if (bytes[modelSpan.from] !== 0x7b) throw invalid('Expected an object', 'model')
  const model = readModel(bytes, modelIndex, normalizer, preTokenizer)
  const config = options.config ? sideFile(options.config, 'tokenizer_config.json') : null
  const map = options.specialTokensMap ? sideFile(options.specialTokensMap, 'special_tokens_map.json') : null
  return {
    name,
    reference: 'huggingface',
    normalizer,
    preTokenizer,
    model,
    postProcessor: part('post_processor', readPostProcessor),
    decoder: part('decoder', readDecoder),
    addedTokens: readAddedTokens(value('added_tokens'), 'added_tokens', model.vocab),
    truncation: readTruncation(value('truncation'), 'truncation'),
    padding: readPadding(value('padding'), 'padding'),
    chatTemplate: options.chatTemplate ?? (config ? readChatTemplate(config) : null),
    namedTokens: { ...(map ? readNamedTokens(map) : {}), ...(config ? readNamedTokens(config) : {}) },
  }
}

function sideFile(bytes: Uint8Array, name: string): JsonFields {
  checkFileSize(bytes, name)
  // indexObject bounds the nesting before JSON.parse sees the text.
  const at = bytes[0] === 0xef ? 3 : 0
  indexObject(bytes, { from: at, to: bytes.length }, name, { maxKeys: 1 << 20 })
  return new JsonFields(parseSpan(bytes, { from: at, to: bytes.length }, name), name)
}

/**
 * Byte-level: the ByteLevel step is the last to touch the text, so that the model sees nothing but
 * bytes. With a word suffix or prefix (CLIP) symbols are not single bytes, and the alphabet stays text.
 */
function isByteLevel(normalizer: NormalizerSpec | null, preTokenizer: PreTokenizerSpec | null): boolean {
  const normalizers = flattenNormalizer(normalizer)
  const preTokenizers = flattenPreTokenizer(preTokenizer)
  const before = normalizers.findIndex((n) => n.type === 'ByteLevel')
  const after = preTokenizers.findIndex((p) => p.type === 'ByteLevel')
  if (after >= 0) return before < 0 && after === preTokenizers.length - 1
  return before >= 0 && before === normalizers.length - 1 && preTokenizers.length === 0
}

function flattenNormalizer(spec: NormalizerSpec | null): NormalizerSpec[] {
  if (spec === null) return []
  return spec.type === 'Sequence' ? spec.normalizers.flatMap(flattenNormalizer) : [spec]
}

function flattenPreTokenizer(spec: PreTokenizerSpec | null): PreTokenizerSpec[] {
  if (spec === null) return []
  return spec.type === 'Sequence' ? spec.pretokenizers.flatMap(flattenPreTokenizer) : [spec]
}

/** Files before 0.9 do not name the model's type; it shows in the fields. */
function modelType(bytes: Uint8Array, index: ReadonlyMap<string, Span>): string {
  const span = index.get('type')
  const declared = span && parseSpan(bytes, span, 'model.type')
  if (declared !== undefined) return typeof declared === 'string' ? declared : String(declared)
  if (index.has('merges')) return 'BPE'
  if (bytes[index.get('vocab')?.from ?? 0] === 0x5b) return 'Unigram'
  if (index.has('continuing_subword_prefix') || index.has('max_input_chars_per_word')) return 'WordPiece'
  return 'WordLevel'
}

function readModel(
  bytes: Uint8Array,
  index: ReadonlyMap<string, Span>,
  normalizer: NormalizerSpec | null,
  preTokenizer: PreTokenizerSpec | null,
): ModelSpec {
  const type = modelType(bytes, index)
  const small = Object.fromEntries(
    [...index]
      .filter(([key]) => key !== 'vocab' && key !== 'merges')
      .map(([key, at]) => [key, parseSpan(bytes, at, `model.${key}`)]),
  )
  const fields = new JsonFields(small, 'model')
  const vocabSpan = index.get('vocab')
  if (!vocabSpan) throw invalid('Missing: every model has a vocabulary', 'model.vocab')
  const flag = (key: string) => (fields.lacks(key) ? false : fields.boolean(key))

  switch (type) {
    case 'BPE': {
      refuseDropout(fields.get('dropout'), 'model.dropout')
      const continuingSubwordPrefix = fields.nullableString('continuing_subword_prefix')
      const endOfWordSuffix = fields.nullableString('end_of_word_suffix')
      const byteLevel = isByteLevel(normalizer, preTokenizer) && !continuingSubwordPrefix && !endOfWordSuffix
      const vocab = readVocabObject(bytes, vocabSpan, byteLevel ? 'bytes' : 'text', 'model.vocab')
      const mergesSpan = index.get('merges')
      if (!mergesSpan) throw invalid('Missing: a BPE model has merges', 'model.merges')
      const prefixLength = new TextEncoder().encode(continuingSubwordPrefix ?? '').length
      return {
        type,
        vocab,
        merges: readMerges(bytes, mergesSpan, vocab, prefixLength, 'model.merges'),
        byteLevel,
        unkToken: fields.nullableString('unk_token'),
        continuingSubwordPrefix,
        endOfWordSuffix,
        fuseUnk: flag('fuse_unk'),
        byteFallback: flag('byte_fallback'),
        ignoreMerges: flag('ignore_merges'),
      }
    }
    case 'Unigram': {
      const { vocab, scores } = readScoredVocab(bytes, vocabSpan, 'model.vocab')
      const unkId = fields.lacks('unk_id')
        ? null
        : integerOf(fields.get('unk_id'), vocab.size - 1, 'model.unk_id')
      return { type, vocab, scores, unkId, byteFallback: flag('byte_fallback') }
    }
    case 'WordPiece':
      return {
        type,
        vocab: readVocabObject(bytes, vocabSpan, 'text', 'model.vocab'),
        unkToken: fields.string('unk_token', '[UNK]'),
        continuingSubwordPrefix: fields.string('continuing_subword_prefix', '##'),
        maxInputCharsPerWord: fields.integer('max_input_chars_per_word', 2 ** 53, 100),
      }
    case 'WordLevel':
      return {
        type,
        vocab: readVocabObject(bytes, vocabSpan, 'text', 'model.vocab'),
        unkToken: fields.string('unk_token', '<unk>'),
      }
    default:
      throw unsupported(
        `Unknown model type "${type.slice(0, 60)}"`,
        'model.type',
        'Known: BPE, Unigram, WordPiece, WordLevel',
      )
  }
}

/** Text of a side file such as chat_template.jinja. */
export function readTemplateFile(bytes: Uint8Array, name: string): string {
  checkFileSize(bytes, name)
  return utf8DecodeStrict(bytes, name)
}
