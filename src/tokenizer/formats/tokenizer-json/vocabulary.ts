// The two large parts of tokenizer.json, vocabulary and merges, from the bytes of the file into flat
// arrays. No string is made for a token: its UTF-8 (or, for byte-level models, the bytes that its
// characters stand for) goes straight into the vocabulary, and merges are looked up there by bytes.
import { utf8Decode } from '../../../core/index.ts'
import { CHAR_TO_BYTE } from '../../alphabet.ts'
import type { Vocab, VocabAlphabet } from '../../vocab.ts'
import { JsonCursor, type Span } from '../json-cursor.ts'
import { integerOf } from '../json-fields.ts'
import { invalid, MAX_IDS, unsupported } from '../limits.ts'
import { TokenTable } from '../token-table.ts'

/** Adds the token that tokenizer.json writes as `text`. */
function addToken(
  table: TokenTable,
  text: Uint8Array,
  length: number,
  id: number,
  alphabet: VocabAlphabet,
): void {
  table.reserve(length)
  const { bytes, used } = table
  let written = alphabet === 'bytes' ? alphabetBytes(text, 0, length, bytes, used) : -1
  if (written < 0) {
    if (alphabet === 'bytes') table.literal.add(id)
    for (let i = 0; i < length; i++) bytes[used + i] = text[i]!
    written = length
  }
  table.commit(id, written)
}

/** Byte-alphabet characters in UTF-8, as bytes; -1 when a character is outside the alphabet. */
function alphabetBytes(text: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  let n = at
  for (let i = from; i < to;) {
    const c = text[i]!
    if (c < 0x80) {
      const byte = CHAR_TO_BYTE[c]!
      if (byte < 0) return -1
      out[n++] = byte
      i++
    } else {
      const code = ((c & 31) << 6) | (text[i + 1]! & 63)
      const byte = c < 0xe0 && code < 324 ? CHAR_TO_BYTE[code]! : -1
      if (byte < 0) return -1
      out[n++] = byte
      i += 2
    }
  }
  return n - at
}

/** `{"token": id, …}` */
export function readVocabObject(
  bytes: Uint8Array,
  span: Span,
  alphabet: VocabAlphabet,
  where: string,
): Vocab {
  const cursor = new JsonCursor(bytes, span)
  const table = new TokenTable()
  cursor.expect(0x7b)
  if (!cursor.take(0x7d)) {
    do {
      const length = cursor.readString()
      cursor.expect(0x3a)
      const id = cursor.readNumber()
      if (!(id >= 0 && id < MAX_IDS && Number.isInteger(id))) {
        integerOf(id, MAX_IDS - 1, `${where}[${JSON.stringify(utf8Decode(cursor.text.subarray(0, length)))}]`)
      }
      addToken(table, cursor.text, length, id, alphabet)
    } while (cursor.more(0x7d))
  }
  cursor.finish()
  return table.toVocab(alphabet, where)
}

/** Unigram's `[["token", score], …]`, ids by position. */
export function readScoredVocab(
  bytes: Uint8Array,
  span: Span,
  where: string,
): { vocab: Vocab; scores: Float64Array } {
  const cursor = new JsonCursor(bytes, span)
  const table = new TokenTable()
  const scores: number[] = []
  cursor.expect(0x5b)
  if (!cursor.take(0x5d)) {
    do {
      cursor.expect(0x5b)
      const length = cursor.readString()
      cursor.expect(0x2c)
      scores.push(cursor.readNumber())
      cursor.expect(0x5d)
      if (table.count >= MAX_IDS) throw invalid(`More than ${MAX_IDS} tokens`, where)
      addToken(table, cursor.text, length, table.count, 'text')
    } while (cursor.more(0x5d))
  }
  cursor.finish()
  return { vocab: table.toVocab('text', where), scores: Float64Array.from(scores) }
}

const VERSION_LINE = new TextEncoder().encode('#version')

/**
 * `["a b", …]` or `[["a", "b"], …]` as pairs of ids in rank order. `prefixLength`: bytes of the
 * continuing-subword prefix, which the right part loses when it is merged.
 */
export function readMerges(
  bytes: Uint8Array,
  span: Span,
  vocab: Vocab,
  prefixLength: number,
  where: string,
): Uint32Array {
  const cursor = new JsonCursor(bytes, span)
  const joiner = new MergeJoiner(vocab, prefixLength)
  let pairs = new Uint32Array(1 << 12)
  let n = 0
  let entry = 0
  cursor.expect(0x5b)
  if (!cursor.take(0x5d)) {
    do {
      const inPairs = cursor.take(0x5b)
      const length = cursor.readString()
      let complaint: string | null = null
      if (inPairs) {
        joiner.left(cursor.text, 0, length)
        cursor.expect(0x2c)
        joiner.right(cursor.text, 0, cursor.readString())
        cursor.expect(0x5d)
        complaint = joiner.join()
      } else {
        const space = cursor.text.indexOf(0x20)
        const isOne = space >= 0 && space < length && !hasSpace(cursor.text, space + 1, length)
        if (isVersionLine(cursor.text, length)) {
          entry++
          continue
        }
        if (isOne) {
          joiner.left(cursor.text, 0, space)
          joiner.right(cursor.text, space + 1, length)
          complaint = joiner.join()
        } else complaint = 'A merge is two tokens with one space between them, or a pair ["a", "b"]'
      }
      if (complaint !== null) throw invalid(complaint, `${where}[${entry}]`)
      if (n + 2 > pairs.length) {
        const larger = new Uint32Array(pairs.length * 2)
        larger.set(pairs)
        pairs = larger
      }
      pairs[n++] = joiner.leftId
      pairs[n++] = joiner.rightId
      entry++
    } while (cursor.more(0x5d))
  }
  cursor.finish()
  return withoutRepeats(pairs.slice(0, n))
}

function hasSpace(text: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text[i] === 0x20) return true
  return false
}

function isVersionLine(text: Uint8Array, length: number): boolean {
  return length >= VERSION_LINE.length && text[0] === 0x23 && VERSION_LINE.every((c, i) => text[i] === c)
}

/** Looks the two parts of a merge and their join up, in one buffer that holds both. */
class MergeJoiner {
  private readonly vocab: Vocab
  private readonly prefixLength: number
  private buffer = new Uint8Array(512)
  private leftLength = 0
  private length = 0
  private literal = false
  leftId = -1
  rightId = -1

  constructor(vocab: Vocab, prefixLength: number) {
    this.vocab = vocab
    this.prefixLength = prefixLength
  }

  left(text: Uint8Array, from: number, to: number): void {
    this.literal = false
    this.length = 0
    this.leftId = this.append(text, from, to)
    this.leftLength = this.length
  }

  right(text: Uint8Array, from: number, to: number): void {
    this.rightId = this.append(text, from, to)
  }

  private append(text: Uint8Array, from: number, to: number): number {
    const start = this.length
    if (start + to - from > this.buffer.length) {
      const larger = new Uint8Array((start + to - from) * 2)
      larger.set(this.buffer)
      this.buffer = larger
    }
    const { buffer, vocab } = this
    if (vocab.alphabet === 'bytes') {
      const n = alphabetBytes(text, from, to, buffer, start)
      if (n < 0) {
        this.literal = true
        return vocab.idOfString(utf8Decode(text.subarray(from, to)))
      }
      this.length = start + n
    } else {
      for (let i = from; i < to; i++) buffer[start + i - from] = text[i]!
      this.length = start + to - from
    }
    return vocab.idOf(buffer, start, this.length)
  }

  /** What is wrong with the merge, or null. */
  join(): string | null {
    const { vocab, buffer, prefixLength } = this
    if (this.leftId < 0) return 'The left part of this merge is not in the vocabulary'
    if (this.rightId < 0) return 'The right part of this merge is not in the vocabulary'
    let joined: number
    if (this.literal) joined = vocab.idOfString(vocab.stringOf(this.leftId) + vocab.stringOf(this.rightId))
    else {
      if (prefixLength > 0) {
        buffer.copyWithin(this.leftLength, this.leftLength + prefixLength, this.length)
        this.length = Math.max(this.leftLength, this.length - prefixLength)
      }
      joined = vocab.idOf(buffer, 0, this.length)
    }
    return joined < 0 ? 'The token that this merge makes is not in the vocabulary' : null
  }
}

/** Of a pair that occurs twice, the later rank counts (as in Hugging Face). */
function withoutRepeats(pairs: Uint32Array): Uint32Array {
  const count = pairs.length / 2
  let capacity = 16
  while (capacity < count * 2) capacity *= 2
  const slots = new Int32Array(capacity)
  let repeats: Set<number> | null = null
  for (let i = 0; i < count; i++) {
    const a = pairs[2 * i]!
    const b = pairs[2 * i + 1]!
    let at = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 0
    at = (at ^ (at >>> 15)) & (capacity - 1)
    for (;;) {
      const other = slots[at]! - 1
      if (other < 0) break
      if (pairs[2 * other] === a && pairs[2 * other + 1] === b) {
        repeats ??= new Set()
        repeats.add(other)
        break
      }
      at = (at + 1) & (capacity - 1)
    }
    slots[at] = i + 1
  }
  if (repeats === null) return pairs
  const dropped = repeats
  return pairs.filter((_, i) => !dropped.has(i >> 1))
}

/** Refuses a model that changes its ids at random while encoding. */
export function refuseDropout(dropout: unknown, where: string): void {
  if (dropout === undefined || dropout === null || dropout === 0) return
  throw unsupported(
    'BPE dropout is not applied here: it makes ids random',
    where,
    'Set "dropout" to null in the file: that is how the model is used after training',
  )
}
