// The vocabulary inside a GGUF model file → TokenizerSpec, with the ids that llama.cpp gives.
// Source: ggml-org/llama.cpp, src/llama-vocab.cpp; `tokenizer.ggml.model` is gpt2 (byte-level BPE), llama
// (SentencePiece BPE), t5 (SentencePiece Unigram) or bert (WordPiece).
import { utf8Encode } from '../../core/index.ts'
import { alphabetToBytes } from '../alphabet.ts'
import type {
  AddedToken,
  ModelSpec,
  PostProcessorSpec,
  PreTokenizerSpec,
  TemplatePiece,
  TokenizerSpec,
} from '../spec.ts'
import type { Vocab } from '../vocab.ts'
import { type GgufValue, readGgufMetadata } from './gguf-metadata.ts'
import { knownPreTokenizers, preTokenizerRule } from './gguf-patterns.ts'
import { integerOf } from './json-fields.ts'
import { invalid, MAX_IDS, unsupported } from './limits.ts'
import { MODEL, PIECE } from './sentencepiece-proto.ts'
import { pieceSpec } from './sentencepiece.ts'
import { TokenTable } from './token-table.ts'

export interface GgufOptions {
  /** For people; default: `general.name` of the file. */
  name?: string
  chatTemplate?: string
}

const PREFIX = 'tokenizer.ggml.'

/** Checked access to the `tokenizer.ggml.*` keys. */
class Metadata {
  private readonly values: ReadonlyMap<string, GgufValue>

  constructor(values: ReadonlyMap<string, GgufValue>) {
    this.values = values
  }

  private get(key: string): GgufValue | undefined {
    return this.values.get(PREFIX + key)
  }

  text(key: string, fallback: string): string {
    const value = this.get(key) ?? fallback
    if (typeof value !== 'string') throw invalid('Expected text', PREFIX + key)
    return value
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback
    if (typeof value !== 'boolean') throw invalid('Expected true or false', PREFIX + key)
    return value
  }

  /** An id, or null when the file names none. */
  id(key: string, size: number): number | null {
    const value = this.get(key)
    return value === undefined ? null : integerOf(value, size - 1, PREFIX + key)
  }

  list<T extends GgufValue>(key: string, test: (value: GgufValue) => value is T, size?: number): T[] | null {
    const value = this.get(key)
    if (value === undefined) return null
    if (!Array.isArray(value)) throw invalid('Expected a list', PREFIX + key)
    if (size !== undefined && value.length !== size) {
      throw invalid(`${value.length} entries for ${size} tokens`, PREFIX + key)
    }
    const wrong = value.findIndex((v) => !test(v))
    if (wrong >= 0) throw invalid('An entry has the wrong type', `${PREFIX}${key}[${wrong}]`)
    return value as T[]
  }
}

const isText = (v: GgufValue): v is string => typeof v === 'string'
const isNumber = (v: GgufValue): v is number => typeof v === 'number'

/** Throws FORMAT_INVALID, FORMAT_UNSUPPORTED. Reads the metadata only; `bytes` may end after it. */
export function readGgufVocab(bytes: Uint8Array, options: GgufOptions = {}): TokenizerSpec {
  const { values } = readGgufMetadata(
    bytes,
    (key) => key.startsWith(PREFIX) || key === 'tokenizer.chat_template' || key === 'general.name',
  )
  const title = values.get('general.name')
  const template = values.get('tokenizer.chat_template')
  const name = options.name ?? (typeof title === 'string' ? title : 'gguf')
  const data = new Metadata(values)
  const tokens = data.list('tokens', isText)
  if (!tokens || tokens.length === 0) throw invalid('This GGUF file has no vocabulary', PREFIX + 'tokens')
  if (tokens.length > MAX_IDS) throw invalid(`${tokens.length} tokens`, PREFIX + 'tokens')
  const types = data.list('token_type', isNumber, tokens.length) ?? tokens.map(() => PIECE.normal as number)
  const kind = data.text('model', '')
  let spec: TokenizerSpec
  if (kind === 'gpt2') spec = byteLevelSpec(data, tokens, types, name)
  else if (kind === 'llama' || kind === 't5') spec = scoredSpec(data, tokens, types, name, kind)
  else if (kind === 'bert') spec = wordPieceSpec(tokens, types, name)
  else {
    throw unsupported(
      `The vocabulary type "${kind.slice(0, 60)}"`,
      PREFIX + 'model',
      'gpt2, llama, t5 and bert are read',
    )
  }
  return {
    ...spec,
    postProcessor: templateOf(data, tokens, kind),
    chatTemplate: options.chatTemplate ?? (typeof template === 'string' ? template : null),
    namedTokens: namedTokens(data, tokens),
  }
}

const NAMED = ['bos', 'eos', 'unknown', 'seperator', 'padding', 'cls', 'mask'] as const
const NAMES = {
  bos: 'bos',
  eos: 'eos',
  unknown: 'unk',
  seperator: 'sep',
  padding: 'pad',
  cls: 'cls',
  mask: 'mask',
}

function namedTokens(data: Metadata, tokens: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    NAMED.flatMap((key) => {
      const id = data.id(`${key}_token_id`, tokens.length)
      return id === null ? [] : [[`${NAMES[key]}_token`, tokens[id]!]]
    }),
  )
}

/** Beginning and end of text, where the file says that they are added. */
function templateOf(data: Metadata, tokens: readonly string[], kind: string): PostProcessorSpec | null {
  const size = tokens.length
  const bert = kind === 'bert'
  const bosByRule = kind === 'gpt2' && preTokenizerRule(data.text('pre', 'default'))?.addBos === true
  const first = data.flag('add_bos_token', kind === 'llama' || bert || bosByRule)
    ? ((bert ? data.id('cls_token_id', size) : null) ?? data.id('bos_token_id', size))
    : null
  const last = data.flag('add_eos_token', kind === 't5' || bert)
    ? ((bert ? data.id('seperator_token_id', size) : null) ?? data.id('eos_token_id', size))
    : null
  if (first === null && last === null) return null
  const piece = (id: number | null, type_id: number): TemplatePiece[] =>
    id === null ? [] : [{ SpecialToken: { id: tokens[id]!, type_id } }]
  const a: TemplatePiece[] = [...piece(first, 0), { Sequence: { id: 'A', type_id: 0 } }, ...piece(last, 0)]
  const b: TemplatePiece[] = [
    ...(bert ? [] : piece(first, 1)),
    { Sequence: { id: 'B', type_id: 1 } },
    ...piece(last, 1),
  ]
  const ids = [...new Set([first, last].filter((id): id is number => id !== null))]
  return {
    type: 'TemplateProcessing',
    single: a,
    pair: [...a, ...b],
    special_tokens: Object.fromEntries(
      ids.map((id) => [tokens[id]!, { id: tokens[id]!, ids: [id], tokens: [tokens[id]!] }]),
    ),
  }
}

function addedTokens(tokens: readonly string[], types: readonly number[]): AddedToken[] {
  return tokens.flatMap((content, id) => {
    const special = types[id] === PIECE.control || types[id] === PIECE.unknown
    if (content === '' || (!special && types[id] !== PIECE.userDefined)) return []
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }]
  })
}

function byteLevelSpec(data: Metadata, tokens: string[], types: number[], name: string): TokenizerSpec {
  const pre = data.text('pre', 'default')
  const rule = preTokenizerRule(pre)
  if (!rule) {
    throw unsupported(
      `The pre-tokenizer "${pre.slice(0, 60)}"`,
      PREFIX + 'pre',
      `Known: ${knownPreTokenizers.join(', ')}`,
    )
  }
  const table = new TokenTable()
  const nothing = new Uint8Array(0)
  tokens.forEach((token, id) => {
    // Control tokens are found in the text by name, never made by merging.
    const raw = types[id] === PIECE.control ? nothing : alphabetToBytes(token)
    if (!raw) table.literal.add(id)
    table.push(id, raw ?? utf8Encode(token))
  })
  const vocab = table.toVocab('bytes', PREFIX + 'tokens')
  const preTokenizers: PreTokenizerSpec[] = rule.patterns.map((regex) => ({
    type: 'Split',
    pattern: { Regex: regex },
    behavior: 'Isolated',
    invert: false,
  }))
  preTokenizers.push({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false })
  return {
    ...plainSpec(name, {
      type: 'BPE',
      vocab,
      merges: mergesOf(data, vocab),
      byteLevel: true,
      unkToken: null,
      continuingSubwordPrefix: null,
      endOfWordSuffix: null,
      fuseUnk: false,
      byteFallback: false,
      ignoreMerges: rule.ignoreMerges,
    }),
    preTokenizer: { type: 'Sequence', pretokenizers: preTokenizers },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    addedTokens: addedTokens(tokens, types),
  }
}

function mergesOf(data: Metadata, vocab: Vocab): Uint32Array {
  const lines = data.list('merges', isText)
  if (!lines) throw invalid('A gpt2 vocabulary has merges', PREFIX + 'merges')
  const merges = new Map<string, [number, number]>()
  lines.forEach((line, i) => {
    // The left part may itself begin with a space, so the split is at the first space after it.
    const space = line.indexOf(' ', 1)
    const left = space < 0 ? -1 : vocab.idOfString(line.slice(0, space))
    const right = space < 0 ? -1 : vocab.idOfString(line.slice(space + 1))
    const joined = left < 0 || right < 0 ? -1 : vocab.idOfString(vocab.stringOf(left) + vocab.stringOf(right))
    if (joined < 0) throw invalid('A merge names a token that the vocabulary lacks', `${PREFIX}merges[${i}]`)
    const key = `${left} ${right}`
    merges.delete(key)
    merges.set(key, [left, right])
  })
  return Uint32Array.from([...merges.values()].flat())
}

function plainSpec(name: string, model: ModelSpec): TokenizerSpec {
  return {
    name,
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: null,
    model,
    postProcessor: null,
    decoder: null,
    addedTokens: [],
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
  }
}

/** SentencePiece vocabularies keep scores and types; the rest of the model is in a few flags. */
function scoredSpec(
  data: Metadata,
  tokens: string[],
  types: number[],
  name: string,
  kind: string,
): TokenizerSpec {
  const scores = data.list('scores', isNumber, tokens.length)
  if (!scores) throw invalid(`A ${kind} vocabulary has scores`, PREFIX + 'scores')
  const pieces = tokens.map((text, id) => ({ bytes: utf8Encode(text), score: scores[id]!, type: types[id]! }))
  const wrong = pieces.findIndex((p) => !Number.isFinite(p.score) || !(p.type >= 1 && p.type <= 6))
  if (wrong >= 0) throw invalid('A score or type is out of range', `${PREFIX}tokens[${wrong}]`)
  const charsMap = data.list('precompiled_charsmap', isNumber) ?? []
  const text = (key: string) => {
    const id = data.id(key, tokens.length)
    return id === null ? '' : tokens[id]!
  }
  return pieceSpec(
    {
      pieces,
      modelType: kind === 't5' ? MODEL.unigram : MODEL.bpe,
      byteFallback: types.includes(PIECE.byte),
      whitespaceAsSuffix: false,
      unkPiece: text('unknown_token_id'),
      bosPiece: text('bos_token_id'),
      eosPiece: text('eos_token_id'),
      padPiece: text('padding_token_id'),
      normalization: '',
      charsMap: Uint8Array.from(charsMap, (b) => integerOf(b & 0xff, 255, PREFIX + 'precompiled_charsmap')),
      addDummyPrefix: data.flag('add_space_prefix', true),
      removeExtraWhitespaces: data.flag('remove_extra_whitespaces', false),
      escapeWhitespaces: true,
    },
    name,
  )
}

/** llama.cpp writes word starts with U+2581 and continuations bare; BERT's own files do the opposite. */
function wordPieceSpec(tokens: string[], types: number[], name: string): TokenizerSpec {
  const table = new TokenTable()
  const bare = (id: number) => types[id] !== PIECE.normal || /^\[.*\]$/.test(tokens[id]!)
  const texts = tokens.map((t, id) => (bare(id) ? t : t.startsWith('\u2581') ? t.slice(1) : `##${t}`))
  texts.forEach((text, id) => table.push(id, utf8Encode(text)))
  return {
    ...plainSpec(name, {
      type: 'WordPiece',
      vocab: table.toVocab('text', PREFIX + 'tokens'),
      unkToken: texts[types.indexOf(PIECE.unknown)] ?? '[UNK]',
      continuingSubwordPrefix: '##',
      maxInputCharsPerWord: 100,
    }),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: true,
      lowercase: true,
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    addedTokens: addedTokens(texts, types),
  }
}
