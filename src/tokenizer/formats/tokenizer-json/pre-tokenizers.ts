// Pre-tokenizers and post-processors of tokenizer.json, checked and brought to one present-day shape.
// Source: serialized forms of Hugging Face tokenizers 0.10 – 0.23.
import type { PostProcessorSpec, PreTokenizerSpec, SplitBehavior, TemplatePiece } from '../../spec.ts'
import { integerOf, JsonFields, stringOf } from '../json-fields.ts'
import { invalid, MAX_IDS } from '../limits.ts'
import {
  readByteLevel,
  readChar,
  readMetaspace,
  readPattern,
  sequenceOf,
  typeOf,
  unknownType,
} from './normalizers.ts'

const BEHAVIORS: readonly SplitBehavior[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
]

export function readPreTokenizer(value: unknown, where: string, depth = 0): PreTokenizerSpec {
  const fields = new JsonFields(value, where)
  const type = typeOf(fields, 'pretokenizers')
  switch (type) {
    case 'Sequence':
      return { type, pretokenizers: sequenceOf(fields, 'pretokenizers', depth, readPreTokenizer) }
    case 'ByteLevel':
      return readByteLevel(fields)
    case 'Split':
      return {
        type,
        pattern: readPattern(fields),
        behavior: fields.oneOf('behavior', BEHAVIORS),
        invert: fields.boolean('invert', false),
      }
    case 'Whitespace':
    case 'WhitespaceSplit':
    case 'BertPreTokenizer':
    case 'UnicodeScripts':
      return { type }
    case 'Metaspace':
      return readMetaspace(fields)
    case 'CharDelimiterSplit':
    case 'Delimiter':
      return { type: 'CharDelimiterSplit', delimiter: readChar(fields, 'delimiter') }
    case 'Punctuation':
      return { type, behavior: fields.oneOf('behavior', BEHAVIORS, 'Isolated') }
    case 'Digits':
      return { type, individual_digits: fields.boolean('individual_digits', false) }
    case 'FixedLength': {
      const length = fields.integer('length', 1 << 20, 5)
      if (length === 0) throw invalid('A piece has at least one character', fields.path('length'))
      return { type, length }
    }
    default:
      return unknownType(type, 'pre-tokenizer', fields.path('type'))
  }
}

export function readPostProcessor(value: unknown, where: string, depth = 0): PostProcessorSpec {
  const fields = new JsonFields(value, where)
  const type = typeOf(fields, 'processors')
  switch (type) {
    case 'Sequence':
      return { type, processors: sequenceOf(fields, 'processors', depth, readPostProcessor) }
    case 'BertProcessing':
      return { type, sep: readNamedId(fields, 'sep'), cls: readNamedId(fields, 'cls') }
    case 'RobertaProcessing':
      return {
        type,
        sep: readNamedId(fields, 'sep'),
        cls: readNamedId(fields, 'cls'),
        trim_offsets: fields.boolean('trim_offsets', true),
        add_prefix_space: fields.boolean('add_prefix_space', true),
      }
    case 'ByteLevel':
      return readByteLevel(fields)
    case 'TemplateProcessing':
      return readTemplate(fields)
    default:
      return unknownType(type, 'post-processor', fields.path('type'))
  }
}

/** `["[SEP]", 102]` */
function readNamedId(fields: JsonFields, key: string): [string, number] {
  const list = fields.list(key)
  if (list.length !== 2) throw invalid('Expected [token, id]', fields.path(key))
  const where = fields.path(key)
  return [stringOf(list[0], `${where}[0]`), integerOf(list[1], MAX_IDS - 1, `${where}[1]`)]
}

function readTemplate(fields: JsonFields): PostProcessorSpec {
  const tokens = fields.child('special_tokens')
  const special_tokens = Object.fromEntries(
    tokens.keys().map((name) => {
      const token = tokens.child(name)
      const at = (key: string, i: number) => `${token.path(key)}[${i}]`
      const ids = token.list('ids').map((v, i) => integerOf(v, MAX_IDS - 1, at('ids', i)))
      const texts = token.list('tokens').map((v, i) => stringOf(v, at('tokens', i)))
      if (ids.length !== texts.length) throw invalid('As many ids as tokens are needed', token.where)
      return [name, { id: token.string('id', name), ids, tokens: texts }]
    }),
  )
  const pieces = (key: string): TemplatePiece[] =>
    fields.list(key).map((value, i) => {
      const piece = new JsonFields(value, `${fields.path(key)}[${i}]`)
      const kind = piece.get('Sequence') !== undefined ? 'Sequence' : 'SpecialToken'
      const inner = piece.child(kind)
      const type_id = inner.integer('type_id', 255, 0)
      if (kind === 'Sequence') return { Sequence: { id: inner.oneOf('id', ['A', 'B']), type_id } }
      const id = inner.string('id')
      if (!Object.hasOwn(special_tokens, id)) {
        throw invalid(`The template names "${id.slice(0, 60)}", which special_tokens lacks`, inner.where)
      }
      return { SpecialToken: { id, type_id } }
    })
  return { type: 'TemplateProcessing', single: pieces('single'), pair: pieces('pair'), special_tokens }
}
