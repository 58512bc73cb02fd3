// Training data of a binary tokenizer: files cut into fixed chunks, equal chunks kept once with a weight.
// Executables repeat themselves (zero pages, the same static libraries), so this is a large saving; and no
// merge crosses a chunk's end. Source: Bommarito 2025 (arXiv 2511.17573), ingest of the 001 family.
import { TesseraError } from '../../core/index.ts'
import type { WeightedWords } from '../train/learn-merges.ts'
import { CHUNK_BYTES, FIRST_BYTE_ID } from './layout.ts'

export interface ChunkOptions {
  /** Default 8192. */
  chunkBytes?: number
  /**
   * Keep only chunks whose byte entropy, in bits per byte (0 to 8), lies in this window: an upper bound
   * around 7.5 leaves compressed data out. Default: all.
   */
  entropy?: { min?: number; max?: number }
  /** Also cut at both ends of runs of at least this many zero bytes. Default: no. */
  zeroRun?: number
}

export class ChunkCorpus {
  files = 0
  /** Bytes of all files, and of the chunks that were kept (repeats counted). */
  bytes = 0
  keptBytes = 0
  /** Chunks kept, repeats counted; `distinct` counts each once. */
  chunks = 0
  private readonly chunkBytes: number
  private readonly minEntropy: number
  private readonly maxEntropy: number
  private readonly zeroRun: number
  private data = new Uint8Array(1 << 16)
  private used = 0
  private readonly offsets: number[] = [0]
  private readonly weights: number[] = []
  /** Hash of the bytes → numbers of the chunks that have it. */
  private readonly byHash = new Map<number, number[]>()

  /** Throws ARGUMENT_INVALID. */
  constructor(options: ChunkOptions = {}) {
    const { chunkBytes = CHUNK_BYTES, entropy = {}, zeroRun = Infinity } = options
    const { min = 0, max = 8 } = entropy
    const check = (good: boolean, name: string, hint: string) => {
      if (!good) throw new TesseraError('ARGUMENT_INVALID', `${name} is out of range`, { where: name, hint })
    }
    check(Number.isInteger(chunkBytes) && chunkBytes >= 2, 'chunkBytes', 'Give a whole number from 2 up')
    check(min >= 0 && max <= 8 && min <= max, 'entropy', 'Give 0 ≤ min ≤ max ≤ 8 bits per byte')
    check(zeroRun >= 1, 'zeroRun', 'Give a whole number from 1 up')
    this.chunkBytes = chunkBytes
    this.minEntropy = min
    this.maxEntropy = max
    this.zeroRun = zeroRun
  }

  get distinct(): number {
    return this.weights.length
  }

  /** Cuts a whole file. A chunk never holds bytes of two files. */
  addFile(bytes: Uint8Array): void {
    this.files++
    this.bytes += bytes.length
    for (let at = 0; at < bytes.length; at += this.chunkBytes) {
      this.addChunk(bytes.subarray(at, Math.min(bytes.length, at + this.chunkBytes)))
    }
  }

  /** Symbols are bytes; `idOf` maps them to ids of the family's layout. Views: no copy is made. */
  words(): WeightedWords {
    return {
      symbols: this.data.subarray(0, this.used),
      offsets: this.offsets,
      weights: this.weights,
      idOf: Int32Array.from({ length: 256 }, (_, b) => b + FIRST_BYTE_ID),
    }
  }

  private addChunk(chunk: Uint8Array): void {
    if (this.minEntropy > 0 || this.maxEntropy < 8) {
      const bits = entropyOf(chunk)
      if (bits < this.minEntropy || bits > this.maxEntropy) return
    }
    if (this.zeroRun === Infinity) {
      this.keep(chunk)
      return
    }
    let start = 0
    for (let at = 0; at < chunk.length;) {
      let end = at
      while (end < chunk.length && chunk[end] === 0) end++
      if (end - at >= this.zeroRun) {
        this.keep(chunk.subarray(start, at))
        this.keep(chunk.subarray(at, end))
        start = end
      }
      at = end + 1
    }
    this.keep(chunk.subarray(start))
  }

  private keep(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.chunks++
    this.keptBytes += piece.length
    const hash = hashOf(piece)
    const same = this.byHash.get(hash)
    for (const number of same ?? []) {
      if (this.isChunk(number, piece)) {
        this.weights[number]!++
        return
      }
    }
    const number = this.weights.length
    if (same) same.push(number)
    else this.byHash.set(hash, [number])
    if (this.used + piece.length > this.data.length) {
      const larger = new Uint8Array(Math.max(this.used + piece.length, this.data.length * 2))
      larger.set(this.data.subarray(0, this.used))
      this.data = larger
    }
    this.data.set(piece, this.used)
    this.used += piece.length
    this.offsets.push(this.used)
    this.weights.push(1)
  }

  private isChunk(number: number, piece: Uint8Array): boolean {
    const start = this.offsets[number]!
    if (this.offsets[number + 1]! - start !== piece.length) return false
    for (let i = 0; i < piece.length; i++) if (this.data[start + i] !== piece[i]) return false
    return true
  }
}

/** Order-0 entropy of the bytes, in bits per byte. */
export function entropyOf(bytes: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]!]!++
  let bits = 0
  for (let b = 0; b < 256; b++) {
    if (counts[b]! > 0) bits -= (counts[b]! / bytes.length) * Math.log2(counts[b]! / bytes.length)
  }
  return bits
}

/** 53 bits from two multiplicative hashes. */
function hashOf(bytes: Uint8Array): number {
  let a = bytes.length
  let b = 0x9e3779b9
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193)
    b = Math.imul(b + bytes[i]!, 0x85ebca6b) ^ (b >>> 13)
  }
  return (a >>> 0) * 2097152 + (b >>> 11)
}
