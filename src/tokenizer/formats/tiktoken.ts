// tiktoken ranks: lines of `base64 rank`, and the forms that npm packages wrap them in. A rank file holds
// no split pattern and no special tokens; for the public encodings both are known (encodings.ts).
// Source: openai/tiktoken, `load_tiktoken_bpe`; npm tiktoken, js-tiktoken and gpt-tokenizer.
import { TesseraError, utf8Encode } from '../../core/index.ts'
import type { AddedToken, TokenizerSpec } from '../spec.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { knownEncoding } from './encodings.ts'
import { indexObject, parseSpan } from './json-cursor.ts'
import { integerOf, JsonFields, stringOf } from './json-fields.ts'
import { checkFileSize, invalid, MAX_IDS, unsupported } from './limits.ts'
import { mergesFollowRanks } from './rank-merges.ts'
import { TokenTable } from './token-table.ts'
import type { Vocab } from '../vocab.ts'

export interface RankOptions {
  /** A public encoding (`cl100k_base`, …) brings its pattern and special tokens. */
  name: string
  /** Regular expression whose matches are the pieces; needed when the name is not a public encoding. */
  pattern?: string
  /** Special token → id; default: those of the public encoding, else none. */
  specials?: ReadonlyMap<string, number> | Readonly<Record<string, number>>
}

/**
 * Reads a `.tiktoken` file, or the JSON or module text `{pat_str, special_tokens, bpe_ranks}` of npm
 * `tiktoken` and `js-tiktoken` (what it says itself outranks what is known by name).
 * Throws FORMAT_INVALID, ARGUMENT_INVALID (no pattern), FILE_TOO_LARGE.
 */
export function readTiktokenRanks(bytes: Uint8Array, options: RankOptions): TokenizerSpec {
  checkFileSize(bytes, options.name)
  const object = objectStart(bytes)
  return object < 0 ? readLines(bytes, options) : readPacked(bytes, object, options)
}

function readLines(bytes: Uint8Array, options: RankOptions): TokenizerSpec {
  const table = new TokenTable()
  let line = 0
  for (let at = 0; at < bytes.length;) {
    line++
    let end = bytes.indexOf(0x0a, at)
    if (end < 0) end = bytes.length
    const stop = end > at && bytes[end - 1] === 0x0d ? end - 1 : end
    if (stop > at) {
      let space = at
      while (space < stop && bytes[space] !== 0x20) space++
      let rank = space + 1 < stop && stop - space <= 9 ? 0 : -1
      for (let i = space + 1; i < stop && rank >= 0; i++) {
        const digit = bytes[i]! - 0x30
        rank = digit >= 0 && digit <= 9 ? rank * 10 + digit : -1
      }
      if (rank < 0 || rank >= MAX_IDS) throw badLine('Expected "base64 rank"', line)
      addBase64(table, bytes, at, space, rank, () => badLine('The token is not base64', line))
    }
    at = end + 1
  }
  if (table.count === 0) throw invalid('No ranks in this file', options.name)
  return rankSpec(table.toVocab('bytes', options.name), options)
}

function badLine(message: string, line: number): TesseraError {
  return invalid(
    message,
    `line ${line}`,
    'A rank file has one token per line: its bytes in base64 and its rank',
  )
}

function addBase64(
  table: TokenTable,
  source: Uint8Array,
  from: number,
  to: number,
  id: number,
  complaint: () => TesseraError,
): void {
  table.reserve(to - from)
  const length = decodeBase64(source, from, to, table.bytes, table.used)
  if (length <= 0) throw complaint()
  table.commit(id, length)
}

/** Where the `{` of a JSON object or of `export default {` / `module.exports = {` stands; -1 = neither. */
function objectStart(bytes: Uint8Array): number {
  let head = ''
  for (let i = 0; i < Math.min(bytes.length, 64); i++) head += String.fromCharCode(bytes[i]!)
  const match = /^(?:\u00ef\u00bb\u00bf)?\s*(?:export\s+default|module\.exports\s*=)?\s*(?=\{)/.exec(head)
  return match ? match[0].length : -1
}

function readPacked(bytes: Uint8Array, start: number, options: RankOptions): TokenizerSpec {
  let end = bytes.length
  while (end > start && (bytes[end - 1]! <= 0x20 || bytes[end - 1] === 0x3b)) end--
  const span = { from: start, to: end }
  indexObject(bytes, span, '')
  return readTiktokenObject(parseSpan(bytes, span, options.name), options)
}

/**
 * The object that npm `js-tiktoken/ranks/*` exports: `bpe_ranks` has lines of
 * `! firstRank base64 base64 …`, ranks counting up along the line.
 */
function readTiktokenObject(value: unknown, options: RankOptions): TokenizerSpec {
  const fields = new JsonFields(value, '')
  const ranks = utf8Encode(fields.string('bpe_ranks'))
  const table = new TokenTable()
  let rank = 0
  let field = 0
  for (let at = 0; at <= ranks.length;) {
    let end = at
    while (end < ranks.length && ranks[end] !== 0x20 && ranks[end] !== 0x0a) end++
    if (end > at) {
      if (field === 1) {
        rank = integerOf(Number(new TextDecoder().decode(ranks.subarray(at, end))), MAX_IDS - 1, 'bpe_ranks')
      } else if (field > 1) {
        if (rank >= MAX_IDS) throw invalid(`More than ${MAX_IDS} ranks`, 'bpe_ranks')
        const id = rank++
        addBase64(table, ranks, at, end, id, () =>
          invalid(`The token of rank ${id} is not base64`, 'bpe_ranks'),
        )
      }
    }
    if (end > at) field++
    if (end >= ranks.length || ranks[end] === 0x0a) field = 0
    at = end + 1
  }
  if (table.count === 0) throw invalid('No ranks', 'bpe_ranks')
  const specials = fields.lacks('special_tokens') ? undefined : fields.child('special_tokens')
  return rankSpec(table.toVocab('bytes', 'bpe_ranks'), {
    name: options.name,
    pattern: options.pattern ?? fields.string('pat_str'),
    specials:
      options.specials ??
      (specials && new Map(specials.keys().map((k) => [k, specials.integer(k, MAX_IDS - 1)]))),
  })
}

/** The array that npm `gpt-tokenizer` exports: by rank, a string or a list of bytes; empty = no such rank. */
export function readRankList(value: unknown, options: RankOptions): TokenizerSpec {
  if (!Array.isArray(value)) throw invalid('Expected a list of tokens by rank', options.name)
  if (value.length > MAX_IDS) throw invalid(`More than ${MAX_IDS} ranks`, options.name)
  const table = new TokenTable()
  for (let rank = 0; rank < value.length; rank++) {
    const token: unknown = value[rank]
    if (token === undefined || token === null) continue
    const where = `${options.name}[${rank}]`
    const bytes = Array.isArray(token)
      ? Uint8Array.from(token.map((b: unknown) => integerOf(b, 255, where)))
      : utf8Encode(stringOf(token, where))
    if (bytes.length > 0) table.push(rank, bytes)
  }
  return rankSpec(table.toVocab('bytes', options.name), options)
}

/** A byte-level BPE by tiktoken's rule: pieces are the matches of the pattern, ranks are ids. */
export function rankSpec(vocab: Vocab, options: RankOptions): TokenizerSpec {
  const known = knownEncoding(options.name)
  const pattern = options.pattern ?? known?.pattern
  if (pattern === undefined) {
    throw new TesseraError('ARGUMENT_INVALID', `No split pattern is known for "${options.name}"`, {
      hint: 'A rank file does not hold its pattern: pass `pattern` (pat_str) or the name of a public encoding',
    })
  }
  const given = options.specials ?? known?.specials ?? new Map<string, number>()
  const specials: [string, number][] = given instanceof Map ? [...given] : Object.entries(given)
  return {
    name: options.name,
    reference: 'tiktoken',
    normalizer: null,
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    model: {
      type: 'BPE',
      vocab,
      merges: null,
      byteLevel: true,
      unkToken: null,
      continuingSubwordPrefix: null,
      endOfWordSuffix: null,
      fuseUnk: false,
      byteFallback: false,
      ignoreMerges: true,
    },
    postProcessor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    addedTokens: specialTokens(specials, vocab),
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
  }
}

function specialTokens(specials: readonly [string, number][], vocab: Vocab): AddedToken[] {
  const seen = new Map<number, string>()
  return specials.map(([content, id]) => {
    const where = `special_tokens[${JSON.stringify(content.slice(0, 60))}]`
    integerOf(id, MAX_IDS - 1, where)
    if (content === '') throw invalid('A special token is not empty', where)
    const other = seen.get(id)
    if (other !== undefined) throw invalid(`"${other.slice(0, 60)}" has the id ${id} too`, where)
    if (vocab.has(id)) throw invalid(`The id ${id} is also a rank`, where)
    seen.set(id, content)
    return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  })
}

/**
 * The rank file of a tokenizer whose merges are those of its ranks (tiktoken vocabularies, and
 * tokenizer.json files that were converted from them). Pattern and special tokens do not fit in the file.
 * Throws FORMAT_UNSUPPORTED for any other tokenizer.
 */
export function writeTiktokenRanks(spec: TokenizerSpec): string {
  const { model } = spec
  if (model.type !== 'BPE' || !model.byteLevel) {
    throw unsupported('Only a byte-level BPE has ranks', spec.name, 'Save it as tokenizer.json instead')
  }
  if (model.merges !== null && !mergesFollowRanks(model)) {
    throw unsupported(
      'The merges of this tokenizer do not follow from the ids of its tokens',
      spec.name,
      'tiktoken would give other ids; save it as tokenizer.json instead',
    )
  }
  const specials = new Set(spec.addedTokens.map((t) => t.id))
  const lines: string[] = []
  for (let id = 0; id < model.vocab.size; id++) {
    if (model.vocab.has(id) && !specials.has(id))
      lines.push(`${encodeBase64(model.vocab.bytesOf(id))} ${id}\n`)
  }
  return lines.join('')
}
