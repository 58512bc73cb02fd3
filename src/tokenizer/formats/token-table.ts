// Collects tokens one after another, in any order of ids, and lays them out as a vocabulary.
import { utf8Decode } from '../../core/index.ts'
import { Vocab, type VocabAlphabet } from '../vocab.ts'
import { invalid } from './limits.ts'

export class TokenTable {
  /** Token bytes one after another; `[0, used)` are filled. */
  bytes = new Uint8Array(1 << 16)
  used = 0
  count = 0
  maxId = -1
  readonly literal = new Set<number>()
  private ends = new Uint32Array(1 << 12)
  private ids = new Int32Array(1 << 12)

  /** Makes room for a token of at most `length` bytes at `bytes[used ..]`. */
  reserve(length: number): void {
    if (this.used + length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.used + length))
      larger.set(this.bytes.subarray(0, this.used))
      this.bytes = larger
    }
    if (this.count === this.ends.length) {
      const ends = new Uint32Array(this.count * 2)
      ends.set(this.ends)
      this.ends = ends
      const ids = new Int32Array(this.count * 2)
      ids.set(this.ids)
      this.ids = ids
    }
  }

  /** The token `id` is the `length` bytes that were written at `bytes[used ..]`. */
  commit(id: number, length: number): void {
    this.used += length
    this.ends[this.count] = this.used
    this.ids[this.count++] = id
    if (id > this.maxId) this.maxId = id
  }

  push(id: number, token: Uint8Array): void {
    this.reserve(token.length)
    this.bytes.set(token, this.used)
    this.commit(id, token.length)
  }

  /** Throws FORMAT_INVALID for an id or a token that occurs twice. */
  toVocab(alphabet: VocabAlphabet, where: string): Vocab {
    const { ends, ids, count, literal } = this
    const start = (entry: number) => (entry === 0 ? 0 : ends[entry - 1]!)
    const size = this.maxId + 1
    const entryOf = new Int32Array(size).fill(-1)
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      if (entryOf[id]! >= 0) {
        const text = (e: number) => utf8Decode(this.bytes.subarray(start(e), ends[e])).slice(0, 60)
        throw invalid(`Two tokens have the id ${id}: "${text(entryOf[id]!)}" and "${text(i)}"`, where)
      }
      entryOf[id] = i
    }
    const bytes = new Uint8Array(this.used)
    const offsets = new Uint32Array(size + 1)
    let at = 0
    for (let id = 0; id < size; id++) {
      const entry = entryOf[id]!
      if (entry >= 0) for (let i = start(entry); i < ends[entry]!; i++) bytes[at++] = this.bytes[i]!
      offsets[id + 1] = at
    }
    const vocab = new Vocab(bytes, offsets, alphabet, literal)
    refuseTwins(vocab, where)
    return vocab
  }
}

/** Throws when two ids have the same bytes: one of them could never be produced. */
function refuseTwins(vocab: Vocab, where: string): void {
  const { bytes, offsets, literal } = vocab
  const texts = new Set<string>()
  for (let id = 0; id < vocab.size; id++) {
    if (offsets[id] === offsets[id + 1]) continue
    let twin: boolean
    if (literal.size > 0 && literal.has(id)) {
      const text = vocab.stringOf(id)
      twin = texts.has(text)
      texts.add(text)
    } else twin = vocab.idOf(bytes, offsets[id], offsets[id + 1]) !== id
    if (twin) throw invalid(`The token "${vocab.stringOf(id).slice(0, 60)}" occurs twice (id ${id})`, where)
  }
}
