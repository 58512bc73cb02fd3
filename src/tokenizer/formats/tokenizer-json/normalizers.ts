// Normalizers and decoders of tokenizer.json, checked and brought to one present-day shape.
// Source: serialized forms of Hugging Face tokenizers 0.10 – 0.23.
import type { DecoderSpec, NormalizerSpec, Pattern } from '../../spec.ts'
import { JsonFields, stringOf } from '../json-fields.ts'
import { invalid, MAX_NESTING, unsupported } from '../limits.ts'

/** The `type` of a component; very old files leave it out of sequences. */
export function typeOf(fields: JsonFields, listKey: string): string {
  if (fields.get('type') === undefined && Array.isArray(fields.get(listKey))) return 'Sequence'
  return fields.string('type')
}

/** The members of a Sequence. */
export function sequenceOf<T>(
  fields: JsonFields,
  key: string,
  depth: number,
  read: (value: unknown, where: string, depth: number) => T,
): T[] {
  if (depth >= MAX_NESTING) throw invalid(`More than ${MAX_NESTING} levels of sequences`, fields.where)
  return fields.list(key).map((value, i) => read(value, `${fields.path(key)}[${i}]`, depth + 1))
}

export function unknownType(type: string, kind: string, where: string): never {
  throw unsupported(
    `Unknown ${kind} type "${type.slice(0, 60)}"`,
    where,
    `This version knows the ${kind}s of Hugging Face tokenizers 0.23`,
  )
}

export function readPattern(fields: JsonFields): Pattern {
  const value = fields.get('pattern')
  if (typeof value === 'string') return { String: value }
  const pattern = fields.child('pattern')
  if (pattern.get('Regex') !== undefined) return { Regex: pattern.string('Regex') }
  return { String: pattern.string('String') }
}

/** Exactly one character. */
export function readChar(fields: JsonFields, key: string, fallback?: string): string {
  const value = fields.string(key, fallback)
  if ([...value].length !== 1) throw invalid('Expected one character', fields.path(key))
  return value
}

/** Metaspace, with the older `add_prefix_space` in place of `prepend_scheme`; `str_rep` says nothing new. */
export function readMetaspace(fields: JsonFields): Extract<DecoderSpec, { type: 'Metaspace' }> {
  const add = fields.lacks('add_prefix_space') ? true : fields.boolean('add_prefix_space')
  const scheme = fields.lacks('prepend_scheme')
    ? add
      ? 'always'
      : 'never'
    : fields.oneOf('prepend_scheme', ['always', 'first', 'never'])
  if (!add && scheme !== 'never') {
    throw invalid('add_prefix_space is false, so prepend_scheme has to be "never"', fields.where)
  }
  return {
    type: 'Metaspace',
    replacement: readChar(fields, 'replacement', '▁'),
    prepend_scheme: scheme,
    split: fields.lacks('split') ? true : fields.boolean('split'),
  }
}

export function readByteLevel(fields: JsonFields): Extract<DecoderSpec, { type: 'ByteLevel' }> {
  return {
    type: 'ByteLevel',
    add_prefix_space: fields.boolean('add_prefix_space', true),
    trim_offsets: fields.boolean('trim_offsets', true),
    use_regex: fields.boolean('use_regex', true),
  }
}

export function readNormalizer(value: unknown, where: string, depth = 0): NormalizerSpec {
  const fields = new JsonFields(value, where)
  const type = typeOf(fields, 'normalizers')
  switch (type) {
    case 'Sequence':
      return { type, normalizers: sequenceOf(fields, 'normalizers', depth, readNormalizer) }
    case 'BertNormalizer':
      return {
        type,
        clean_text: fields.boolean('clean_text', true),
        handle_chinese_chars: fields.boolean('handle_chinese_chars', true),
        strip_accents: fields.lacks('strip_accents') ? null : fields.boolean('strip_accents'),
        lowercase: fields.boolean('lowercase', true),
      }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
    case 'StripAccents':
    case 'Lowercase':
    case 'Nmt':
    case 'ByteLevel':
      return { type }
    case 'Strip':
    case 'StripNormalizer':
      return {
        type: 'Strip',
        strip_left: fields.boolean('strip_left', true),
        strip_right: fields.boolean('strip_right', true),
      }
    case 'Precompiled':
      return { type, precompiled_charsmap: readBase64(fields, 'precompiled_charsmap') }
    case 'Replace':
      return { type, pattern: readPattern(fields), content: fields.string('content') }
    case 'Prepend':
      return { type, prepend: fields.string('prepend') }
    default:
      return unknownType(type, 'normalizer', fields.path('type'))
  }
}

function readBase64(fields: JsonFields, key: string): string {
  const text = fields.string(key)
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw invalid('Expected base64', fields.path(key))
  }
  return text
}

export function readDecoder(value: unknown, where: string, depth = 0): DecoderSpec {
  const fields = new JsonFields(value, where)
  const type = typeOf(fields, 'decoders')
  switch (type) {
    case 'Sequence':
      return { type, decoders: sequenceOf(fields, 'decoders', depth, readDecoder) }
    case 'ByteLevel':
      return readByteLevel(fields)
    case 'ByteFallback':
    case 'Fuse':
      return { type }
    case 'Strip':
      return {
        type,
        content: readChar(fields, 'content'),
        start: fields.integer('start', 1 << 20, 0),
        stop: fields.integer('stop', 1 << 20, 0),
      }
    case 'Replace':
      return { type, pattern: readPattern(fields), content: fields.string('content') }
    case 'Metaspace':
      return readMetaspace(fields)
    case 'WordPiece':
      return { type, prefix: fields.string('prefix', '##'), cleanup: fields.boolean('cleanup', true) }
    case 'BPEDecoder':
      return { type, suffix: fields.string('suffix', '</w>') }
    case 'CTC':
      return {
        type,
        pad_token: stringOf(fields.get('pad_token') ?? '<pad>', fields.path('pad_token')),
        word_delimiter_token: fields.string('word_delimiter_token', '|'),
        cleanup: fields.boolean('cleanup', true),
      }
    default:
      return unknownType(type, 'decoder', fields.path('type'))
  }
}
