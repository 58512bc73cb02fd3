// Compact form → TokenizerSpec. The file may come from anyone: lengths, ids and joins are checked as they
// are read, and the memory used is bounded by the size of the file.
import { ByteReader } from '../../../core/index.ts'
import type { ModelSpec, Reference, TokenizerSpec } from '../../spec.ts'
import { Vocab, type VocabAlphabet } from '../../vocab.ts'
import { indexObject, parseSpan } from '../json-cursor.ts'
import { integerOf, JsonFields } from '../json-fields.ts'
import { checkFileSize, invalid, MAX_IDS, unsupported } from '../limits.ts'
import { readDecoder, readNormalizer } from '../tokenizer-json/normalizers.ts'
import { readPostProcessor, readPreTokenizer } from '../tokenizer-json/pre-tokenizers.ts'
import { readAddedTokens, readPadding, readTruncation } from '../tokenizer-json/settings.ts'
import { xxh32 } from '../xxh32.ts'
import { HEADER_BYTES, MAGIC, MAX_GROWTH, MAX_TOKEN_BYTES, SECTION, VERSION } from './layout.ts'

export function isCompact(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte)
}

/** Throws FORMAT_INVALID (damaged), FORMAT_UNSUPPORTED (a later version), FILE_TOO_LARGE. */
export function readCompact(bytes: Uint8Array): TokenizerSpec {
  checkFileSize(bytes, 'compact vocabulary')
  const sections = readSections(bytes)
  const section = (tag: number) => sections.get(tag) ?? new ByteReader(bytes, 0, 0)
  const header = section(SECTION.header)
  if (header.left === 0) throw invalid('The header is missing')
  const span = { from: header.at, to: header.end }
  indexObject(bytes, span, 'header')
  const fields = new JsonFields(parseSpan(bytes, span, 'header'), 'header')
  const part = <T>(key: string, read: (v: unknown, where: string) => T): T | null =>
    fields.lacks(key) ? null : read(fields.get(key), fields.path(key))
  const named = fields.child('named_tokens')
  return {
    name: fields.string('name'),
    reference: fields.oneOf<Reference>('reference', ['huggingface', 'tiktoken', 'sentencepiece']),
    normalizer: part('normalizer', readNormalizer),
    preTokenizer: part('pre_tokenizer', readPreTokenizer),
    model: readModel(fields.child('model'), section),
    postProcessor: part('post_processor', readPostProcessor),
    decoder: part('decoder', readDecoder),
    addedTokens: readAddedTokens(fields.get('added_tokens'), 'header.added_tokens', null),
    truncation: readTruncation(fields.get('truncation'), 'header.truncation'),
    padding: readPadding(fields.get('padding'), 'header.padding'),
    chatTemplate: fields.nullableString('chat_template'),
    namedTokens: Object.fromEntries(named.keys().map((key) => [key, named.string(key)])),
  }
}

function readSections(bytes: Uint8Array): Map<number, ByteReader> {
  if (!isCompact(bytes)) throw invalid('Not a compact vocabulary: it does not begin with "TESS"', 'byte 0')
  const file = new ByteReader(bytes)
  file.skip(MAGIC.length)
  const version = file.u8()
  if (version !== VERSION) {
    throw unsupported(
      `Version ${version} of the compact form`,
      'byte 4',
      `This release reads version ${VERSION}`,
    )
  }
  file.skip(3)
  const length = file.u32()
  const checksum = file.u32()
  if (length !== bytes.length) {
    throw invalid(
      `The file says it has ${length} bytes and has ${bytes.length}`,
      'byte 8',
      'It was cut or changed',
    )
  }
  if (xxh32(bytes, HEADER_BYTES) !== checksum) {
    throw invalid('The checksum is wrong', 'byte 12', 'The file was damaged: fetch or build it again')
  }
  const sections = new Map<number, ByteReader>()
  const known = new Set<number>(Object.values(SECTION))
  while (file.left > 0) {
    const tag = file.u8()
    if (!known.has(tag) || sections.has(tag)) file.fail(`Unexpected section ${tag}`)
    const size = file.varint()
    const from = file.skip(size)
    sections.set(tag, new ByteReader(bytes, from, from + size))
  }
  return sections
}

/** `count` varints below `limit`. */
function readColumn(reader: ByteReader, count: number, limit: number): Uint32Array {
  const { bytes, end } = reader
  if (count > reader.left) reader.fail(`${count} numbers are announced, ${reader.left} bytes are left`)
  const out = new Uint32Array(count)
  let at = reader.at
  for (let i = 0; i < count; i++) {
    let value = 0
    let shift = 0
    for (;;) {
      if (at >= end || shift > 21) {
        reader.at = at
        reader.fail('A column of numbers is cut short')
      }
      const byte = bytes[at++]!
      value |= (byte & 127) << shift
      if (byte < 128) break
      shift += 7
    }
    if (value >= limit) {
      reader.at = at
      reader.fail(`The number ${value} is not below ${limit}`)
    }
    out[i] = value
  }
  reader.at = at
  if (at !== end) reader.fail('A section is longer than its content')
  return out
}

type Sections = (tag: number) => ByteReader

interface Tokens {
  vocab: Vocab
  /** `[2 * joins]` parts of the joined tokens, in id order. */
  joins: Uint32Array
}

function readTokens(section: Sections, alphabet: VocabAlphabet): Tokens {
  const shapes = section(SECTION.shapes)
  const runs: number[] = []
  let size = 0
  let joinCount = 0
  while (shapes.left > 0) {
    const shape = shapes.varint()
    const count = shapes.varint()
    if (shape > MAX_TOKEN_BYTES + 1 || count > MAX_IDS - size) shapes.fail('A run of tokens is out of bounds')
    runs.push(shape, count)
    size += count
    if (shape === 1) joinCount += count
  }
  const lefts = readColumn(section(SECTION.lefts), joinCount, MAX_IDS)
  const rights = readColumn(section(SECTION.rights), joinCount, MAX_IDS)
  const spelled = section(SECTION.spelled)
  const budget = MAX_TOKEN_BYTES + MAX_GROWTH * (spelled.left + 2 * joinCount)
  const offsets = new Uint32Array(size + 1)
  const joins = new Uint32Array(2 * joinCount)
  for (let r = 0, id = 0, j = 0; r < runs.length; r += 2) {
    const shape = runs[r]!
    for (const stop = id + runs[r + 1]!; id < stop; id++) {
      let length = shape - 1
      if (shape === 1) {
        const left = (joins[2 * j] = lefts[j]!)
        const right = (joins[2 * j + 1] = rights[j]!)
        j++
        if (left >= id || right >= id) throw invalid(`Token ${id} is a join of tokens that come after it`)
        length = offsets[left + 1]! - offsets[left]! + offsets[right + 1]! - offsets[right]!
        if (length > MAX_TOKEN_BYTES) throw invalid(`Token ${id} has more than ${MAX_TOKEN_BYTES} bytes`)
      } else if (shape === 0) length = 0
      const end = offsets[id]! + length
      if (end > budget) throw invalid(`The tokens up to ${id} have more than ${budget} bytes`)
      offsets[id + 1] = end
    }
  }
  const bytes = fillTokens(runs, offsets, joins, spelled)
  return { vocab: new Vocab(bytes, offsets, alphabet, readLiterals(section, alphabet, offsets)), joins }
}

/**
 * Copies in words of four bytes, so that a copy may run over the end of its token: what it spoils there
 * belongs to higher ids, which are filled afterwards.
 */
function fillTokens(
  runs: number[],
  offsets: Uint32Array,
  joins: Uint32Array,
  spelled: ByteReader,
): Uint8Array {
  const total = offsets[offsets.length - 1]!
  const padded = new Uint8Array(total + 4)
  const view = new DataView(padded.buffer)
  for (let r = 0, id = 0, j = 0; r < runs.length; r += 2) {
    const shape = runs[r]!
    const stop = id + runs[r + 1]!
    if (shape === 1) {
      for (; id < stop; id++) {
        const start = offsets[id]!
        const left = joins[j++]!
        const from = offsets[left]!
        const leftLength = offsets[left + 1]! - from
        for (let i = 0; i < leftLength; i += 4) view.setInt32(start + i, view.getInt32(from + i, true), true)
        const right = joins[j++]!
        const middle = start + leftLength
        const rightFrom = offsets[right]!
        const rightLength = offsets[right + 1]! - rightFrom
        for (let i = 0; i < rightLength; i += 4) {
          view.setInt32(middle + i, view.getInt32(rightFrom + i, true), true)
        }
      }
    } else {
      padded.set(spelled.take(offsets[stop]! - offsets[id]!), offsets[id])
      id = stop
    }
  }
  if (spelled.left > 0) spelled.fail('More bytes than the tokens need')
  return padded.subarray(0, total)
}

function readLiterals(section: Sections, alphabet: VocabAlphabet, offsets: Uint32Array): Set<number> {
  const reader = section(SECTION.literals)
  const literal = new Set<number>()
  let id = 0
  while (reader.left > 0) {
    id += reader.varint()
    if (alphabet !== 'bytes' || id + 1 >= offsets.length || literal.has(id)) {
      reader.fail(`Token ${id} cannot be outside the byte alphabet`)
    }
    literal.add(id)
  }
  return literal
}

function readMergeList(section: Sections, vocab: Vocab, prefixLength: number): Uint32Array {
  const ids = section(SECTION.mergeIds)
  const lefts = section(SECTION.mergeLefts)
  let count = 0
  for (let i = lefts.at; i < lefts.end; i++) if (lefts.bytes[i]! < 128) count++
  const steps = readColumn(ids, count, 2 * MAX_IDS)
  const left = readColumn(lefts, count, vocab.size)
  const right = readColumn(section(SECTION.mergeRights), count, vocab.size)
  const merges = new Uint32Array(2 * count)
  const { bytes, offsets, size } = vocab
  const literal = vocab.literal.size > 0 ? vocab.literal : null
  let id = 0
  for (let m = 0; m < count; m++) {
    const step = steps[m]!
    id += step & 1 ? -((step + 1) >> 1) : step >> 1
    const l = (merges[2 * m] = left[m]!)
    const r = (merges[2 * m + 1] = right[m]!)
    let sound = id >= 0 && id < size
    if (sound && literal && (literal.has(id) || literal.has(l) || literal.has(r))) {
      sound = vocab.stringOf(id) === vocab.stringOf(l) + vocab.stringOf(r)
    } else if (sound) {
      const start = offsets[id]!
      const leftStart = offsets[l]!
      const rightStart = offsets[r]! + prefixLength
      const leftLength = offsets[l + 1]! - leftStart
      const rightLength = Math.max(0, offsets[r + 1]! - rightStart)
      const middle = start + leftLength
      sound = leftLength + rightLength > 0 && middle + rightLength === offsets[id + 1]!
      if (sound) {
        for (let i = 0; i < leftLength; i++) if (bytes[start + i] !== bytes[leftStart + i]) sound = false
        for (let i = 0; i < rightLength; i++) if (bytes[middle + i] !== bytes[rightStart + i]) sound = false
      }
    }
    if (!sound) throw invalid('A merge does not make the token that it names', `merge ${m}`)
  }
  return merges
}

function readModel(fields: JsonFields, section: Sections): ModelSpec {
  const type = fields.oneOf('type', ['BPE', 'Unigram', 'WordPiece', 'WordLevel'])
  const alphabet = fields.oneOf<VocabAlphabet>('alphabet', ['text', 'bytes'])
  const { vocab, joins } = readTokens(section, alphabet)
  switch (type) {
    case 'BPE': {
      const byteLevel = fields.boolean('byte_level')
      if (byteLevel !== (alphabet === 'bytes'))
        throw invalid('Alphabet and byte_level disagree', fields.where)
      const continuingSubwordPrefix = fields.nullableString('continuing_subword_prefix')
      const form = fields.oneOf('merges', ['ranks', 'joins', 'list'])
      if (form === 'ranks' && !byteLevel)
        throw invalid('Only a byte-level model has ranks', fields.path('merges'))
      const prefixLength = new TextEncoder().encode(continuingSubwordPrefix ?? '').length
      return {
        type,
        vocab,
        merges:
          form === 'ranks' ? null : form === 'joins' ? joins : readMergeList(section, vocab, prefixLength),
        byteLevel,
        unkToken: fields.nullableString('unk_token'),
        continuingSubwordPrefix,
        endOfWordSuffix: fields.nullableString('end_of_word_suffix'),
        fuseUnk: fields.boolean('fuse_unk'),
        byteFallback: fields.boolean('byte_fallback'),
        ignoreMerges: fields.boolean('ignore_merges') || form === 'ranks',
      }
    }
    case 'Unigram': {
      const scores = readScores(section(SECTION.scores), vocab.size, fields.integer('score_bytes', 8))
      const unkId = fields.lacks('unk_id')
        ? null
        : integerOf(fields.get('unk_id'), vocab.size - 1, fields.path('unk_id'))
      return { type, vocab, scores, unkId, byteFallback: fields.boolean('byte_fallback') }
    }
    case 'WordPiece':
      return {
        type,
        vocab,
        unkToken: fields.string('unk_token'),
        continuingSubwordPrefix: fields.string('continuing_subword_prefix'),
        maxInputCharsPerWord: fields.integer('max_input_chars_per_word', 2 ** 53),
      }
    case 'WordLevel':
      return { type, vocab, unkToken: fields.string('unk_token') }
  }
}

function readScores(reader: ByteReader, size: number, width: number): Float64Array {
  if (width !== 4 && width !== 8) reader.fail('Scores have 4 or 8 bytes')
  if (reader.left !== size * width)
    reader.fail(`${size} scores need ${size * width} bytes, not ${reader.left}`)
  const scores = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const score = width === 4 ? reader.f32() : reader.f64()
    if (!Number.isFinite(score)) reader.fail('A score is not a number')
    scores[i] = score
  }
  return scores
}
