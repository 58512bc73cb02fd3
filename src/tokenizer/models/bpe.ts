// Byte-pair encoding, plainly (Sennrich et al. 2016): a piece becomes its characters' tokens, then the
// merge of lowest rank, leftmost first, is applied until none is left. A heap of candidate merges keeps
// any input at O(n log n). Follows Hugging Face tokenizers' Word::merge_all to the letter in ids, also where it is
// odd: a candidate counts as long as it still makes the same token; bytes of a character go in before an
// unknown token that is still collecting. Offsets are the true ones where the reference's drift (behind
// a character that has no token, no bytes and no unknown token, and so is dropped).
import { TesseraError, utf8Encode } from '../../core/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import { byteTokens } from './byte-tokens.ts'
import { mergesOf, type Merges } from './merges.ts'
import { cached, type Model } from './model.ts'

const MOST_SYMBOLS_REMEMBERED = 50_000

export function bpe(spec: BpeModelSpec): Model {
  const { vocab, continuingSubwordPrefix: prefix, endOfWordSuffix: suffix } = spec
  const merges = mergesOf(spec)
  const byteIds = spec.byteFallback ? byteTokens(vocab) : null
  const unknown = spec.unkToken === null ? -1 : vocab.idOfString(spec.unkToken)
  const wholeFirst = spec.ignoreMerges || spec.merges === null

  const known = new Map<string, number>()
  const idOfSymbol = (symbol: string): number => {
    let id = known.get(symbol)
    if (id === undefined) {
      if (known.size >= MOST_SYMBOLS_REMEMBERED) known.clear()
      id = vocab.idOfString(symbol)
      known.set(symbol, id)
    }
    return id
  }

  const symbolsOf = (piece: string): Word => {
    const word = new Word()
    let unknownFrom = -1
    let unknownTo = -1
    for (let i = 0; i < piece.length;) {
      const end = i + (piece.codePointAt(i)! > 0xffff ? 2 : 1)
      let symbol = piece.slice(i, end)
      if (prefix !== null && i > 0) symbol = prefix + symbol
      if (suffix !== null && end === piece.length) symbol += suffix
      const id = idOfSymbol(symbol)
      if (id >= 0) {
        if (unknownFrom >= 0) word.add(unknown, unknownFrom, unknownTo)
        unknownFrom = -1
        word.add(id, i, end)
      } else if (!byteIds || !addBytes(word, byteIds, symbol, i, end)) {
        if (spec.unkToken !== null) {
          if (unknown < 0) throw missingUnknown(spec.unkToken)
          if (unknownFrom >= 0 && !spec.fuseUnk) {
            word.add(unknown, unknownFrom, unknownTo)
            unknownFrom = -1
          }
          if (unknownFrom < 0) unknownFrom = i
          unknownTo = end
        }
      }
      i = end
    }
    if (unknownFrom >= 0) word.add(unknown, unknownFrom, unknownTo)
    return word
  }

  return cached((piece, out) => {
    if (piece === '') return
    if (wholeFirst) {
      const id = vocab.idOfString(piece)
      if (id >= 0) {
        out.push(id, 0, piece.length)
        return
      }
    }
    const word = symbolsOf(piece)
    word.merge(merges)
    word.give(out)
  })
}

/** Puts in the byte tokens of a symbol, unless one of them is missing. */
function addBytes(word: Word, byteIds: Int32Array, symbol: string, start: number, end: number): boolean {
  const bytes = utf8Encode(symbol)
  for (const byte of bytes) if (byteIds[byte]! < 0) return false
  for (const byte of bytes) word.add(byteIds[byte]!, start, end)
  return true
}

/** The symbols of a piece as a doubly linked list in arrays. */
class Word {
  private readonly ids: number[] = []
  private readonly starts: number[] = []
  private readonly ends: number[] = []
  /** Number of the next symbol; the count at the end of the list. */
  private readonly next: number[] = []
  /** Number of the symbol before; -1 at the start. */
  private readonly before: number[] = []

  add(id: number, start: number, end: number): void {
    const n = this.ids.length
    this.ids.push(id)
    this.starts.push(start)
    this.ends.push(end)
    this.next.push(n + 1)
    this.before.push(n - 1)
  }

  merge(merges: Merges): void {
    const { ids, next, before } = this
    const count = ids.length
    const queue = new MergeQueue()
    const offer = (left: number): void => {
      const rank = merges.rankOf(ids[left]!, ids[next[left]!]!)
      if (rank >= 0) queue.push(rank, left)
    }
    for (let n = 0; n + 1 < count; n++) offer(n)
    while (queue.pop()) {
      const left = queue.at
      if (ids[left]! < 0) continue
      const right = next[left]!
      if (right === count) continue
      const rank = merges.rankOf(ids[left]!, ids[right]!)
      const made = merges.madeBy(queue.rank)
      if (rank < 0 || merges.madeBy(rank) !== made) continue
      ids[left] = made
      ids[right] = -1
      this.starts[left] = Math.min(this.starts[left]!, this.starts[right]!)
      this.ends[left] = Math.max(this.ends[left]!, this.ends[right]!)
      next[left] = next[right]!
      if (next[left]! < count) before[next[left]!] = left
      if (before[left]! >= 0) offer(before[left]!)
      if (next[left]! < count) offer(left)
    }
  }

  give(out: number[]): void {
    for (let n = 0; n < this.ids.length; n++) {
      if (this.ids[n]! >= 0) out.push(this.ids[n]!, this.starts[n]!, this.ends[n]!)
    }
  }
}

/** A position and a rank in one number: ranks stay under 2^24, positions under 2^29. */
const POSITIONS = 2 ** 29

/** A binary min-heap of (rank, position). `pop` leaves the taken entry in `rank` and `at`. */
class MergeQueue {
  rank = 0
  at = 0
  private readonly keys: number[] = []

  push(rank: number, at: number): void {
    const { keys } = this
    const key = rank * POSITIONS + at
    let n = keys.length
    keys.push(key)
    while (n > 0) {
      const parent = (n - 1) >> 1
      if (keys[parent]! <= key) break
      keys[n] = keys[parent]!
      n = parent
    }
    keys[n] = key
  }

  pop(): boolean {
    const { keys } = this
    if (keys.length === 0) return false
    const top = keys[0]!
    const key = keys.pop()!
    const count = keys.length
    if (count > 0) {
      let n = 0
      for (;;) {
        let child = 2 * n + 1
        if (child >= count) break
        if (child + 1 < count && keys[child + 1]! < keys[child]!) child++
        if (keys[child]! >= key) break
        keys[n] = keys[child]!
        n = child
      }
      keys[n] = key
    }
    this.rank = Math.floor(top / POSITIONS)
    this.at = top % POSITIONS
    return true
  }
}

function missingUnknown(token: string): TesseraError {
  return new TesseraError(
    'TEXT_NOT_REPRESENTABLE',
    `The text has a character that the BPE vocabulary lacks, and its unknown token ${JSON.stringify(token)} is not in the vocabulary either`,
    { where: 'model.unk_token', hint: 'Add the unknown token to the vocabulary' },
  )
}
