// A stream of token ids as bytes, and back, for compressors that know only bytes (Erdogan et al. 2026,
// arXiv 2601.09039, §"transform view"; the paper does not say how it writes ids).
// The form decides the result: fixed 16-bit ids hide from gzip what short codes for frequent ids show, so
// each figure names its form. Every form is lossless; `rank` without a given order carries its own table.
import { TesseraError } from '../../core/index.ts'
import { CodeReader, MAX_CODE, writeCode } from './codes.ts'

/**
 * - `fixed`: big-endian integers of as few whole bytes as the vocabulary needs (16 bit up to 65,536 ids);
 * - `utf8`: the UTF-8 of a code point for each id, surrogates left out;
 * - `rank`: the same for the id's rank by frequency, so that frequent ids are short.
 */
export type Serialisation = 'fixed' | 'utf8' | 'rank'

export interface SerialiseOptions {
  form: Serialisation
  /** Number of ids. */
  vocabSize: number
  /**
   * For `rank`: `[vocabSize]` every id once, the most frequent first, known to the reader too. Without it
   * the order is that of the stream, and is written in front of it.
   */
  order?: Uint32Array
}

/** All ids by falling count; ties: the smaller id first. `counts`: `[vocabSize]`. */
export function orderByCount(counts: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: counts.length }, (_, id) => id).sort(
    (a, b) => counts[b]! - counts[a]! || a - b,
  )
}

/** Bytes of an id in the form `fixed`. */
export function fixedWidth(vocabSize: number): number {
  return vocabSize <= 0x100 ? 1 : vocabSize <= 0x10000 ? 2 : vocabSize <= 0x1000000 ? 3 : 4
}

/** Writes a stream part by part, in memory that does not grow with it. */
export class IdWriter {
  private readonly width: number
  /** `[vocabSize]` what is written for each id; null: the id itself. */
  private readonly values: Uint32Array | null
  private readonly vocabSize: number
  private buffer = new Uint8Array(1 << 12)

  /** Throws ARGUMENT_INVALID for a vocabulary that the form cannot write or an order that is none. */
  constructor({ form, vocabSize, order }: SerialiseOptions) {
    if (form !== 'fixed' && vocabSize > MAX_CODE + 1) {
      throw new TesseraError('ARGUMENT_INVALID', `${vocabSize} ids have no codes of at most four bytes`, {
        where: 'vocabSize',
        hint: 'Take the form "fixed"',
      })
    }
    if (form === 'rank' && order?.length !== vocabSize) {
      throw new TesseraError('ARGUMENT_INVALID', 'The order must have every id once', {
        where: 'order',
        hint: 'orderByCount makes one from the counts of all ids',
      })
    }
    this.vocabSize = vocabSize
    this.width = form === 'fixed' ? fixedWidth(vocabSize) : 0
    this.values = form === 'rank' ? inverse(order!) : null
  }

  /** The bytes of some ids; the view is overwritten by the next call. Throws ID_OUT_OF_RANGE. */
  write(ids: ArrayLike<number>): Uint8Array {
    const { values, width, vocabSize } = this
    const most = ids.length * (width || 4)
    if (this.buffer.length < most) this.buffer = new Uint8Array(2 * most)
    const { buffer } = this
    let at = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (!(id < vocabSize)) throw outOfRange(id, vocabSize)
      if (width === 0) at = writeCode(buffer, at, values ? values[id]! : id)
      else for (let shift = 8 * (width - 1); shift >= 0; shift -= 8) buffer[at++] = id >>> shift
    }
    return buffer.subarray(0, at)
  }
}

/** A whole stream as bytes. Throws ARGUMENT_INVALID, ID_OUT_OF_RANGE. */
export function serialise(ids: ArrayLike<number>, options: SerialiseOptions): Uint8Array {
  if (options.form !== 'rank' || options.order) return new IdWriter(options).write(ids).slice()
  const counts = new Float64Array(options.vocabSize)
  for (let i = 0; i < ids.length; i++) {
    if (!(ids[i]! < counts.length)) throw outOfRange(ids[i]!, counts.length)
    counts[ids[i]!]!++
  }
  const order = orderByCount(counts)
  const head = rankTable(order, counts)
  const body = new IdWriter({ ...options, order }).write(ids)
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}

/** The table that stands in front of a `rank` stream: how many ids it uses, then these ids by rank. */
export function rankTable(order: Uint32Array, counts: ArrayLike<number>): Uint8Array {
  const used = order.filter((id) => counts[id]! > 0)
  const bytes = new Uint8Array(4 * (used.length + 1))
  let at = writeCode(bytes, 0, used.length)
  for (const id of used) at = writeCode(bytes, at, id)
  return bytes.subarray(0, at)
}

/** The ids again. Throws FORMAT_INVALID for bytes that `serialise` does not write. */
export function deserialise(bytes: Uint8Array, options: SerialiseOptions): Uint32Array {
  const { form, vocabSize } = options
  const ids = new Uint32Array(bytes.length)
  let n = 0
  const take = (id: number | undefined) => {
    if (id === undefined || !(id < vocabSize)) {
      throw new TesseraError('FORMAT_INVALID', `Token ${n} is ${id}: no id of ${vocabSize}`)
    }
    ids[n++] = id
  }
  if (form === 'fixed') {
    const width = fixedWidth(vocabSize)
    if (bytes.length % width !== 0) {
      throw new TesseraError('FORMAT_INVALID', `${bytes.length} bytes are no whole number of ids`)
    }
    for (let at = 0; at < bytes.length; at += width) {
      let id = 0
      for (let i = 0; i < width; i++) id = id * 256 + bytes[at + i]!
      take(id)
    }
    return ids.slice(0, n)
  }
  const codes = new CodeReader(bytes)
  let order = options.order
  if (form === 'rank' && !order) {
    const used = codes.next()
    if (used > vocabSize || used > bytes.length) {
      throw new TesseraError('FORMAT_INVALID', `A table of ${used} ids does not fit`)
    }
    order = Uint32Array.from({ length: used }, () => codes.next())
  }
  while (!codes.ended) {
    const value = codes.next()
    take(form === 'rank' ? order![value] : value)
  }
  return ids.slice(0, n)
}

function inverse(order: Uint32Array): Uint32Array {
  const ranks = new Uint32Array(order.length)
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank]!] = rank
  return ranks
}

function outOfRange(id: number, vocabSize: number): TesseraError {
  return new TesseraError('ID_OUT_OF_RANGE', `Id ${id} in a stream of a vocabulary of ${vocabSize}`)
}
