// A tokenizer as a transform before a universal compressor (Erdogan et al. 2026, arXiv 2601.09039): the
// compressed ids against the compressed text. The gain depends on how ids are written as bytes, so each
// serialisation has its own figure, and none is "the" gain.
import { throwIfCancelled, utf8Encode, type LongWork } from '../core/index.ts'
import { IdWriter, orderByCount, rankTable, type Serialisation, type Tokenizer } from '../tokenizer/index.ts'
import { openCompressor, type CompressorName } from './compress.ts'
import { pauses, type Documents } from './measure.ts'

export interface TransformOptions extends LongWork {
  /** Default gzip. */
  compressor?: CompressorName
  /** Which serialisations; default all. */
  forms?: readonly Serialisation[]
  /**
   * For `rank`: `[vocabSize]` ids, the most frequent first, that a reader has too (from the training text).
   * Without it the order of these documents is taken, and its table is counted with the stream.
   */
  order?: Uint32Array
  /** The compressed size of the text, where it is known already: the same for every tokenizer. */
  rawCompressed?: number
}

export interface TransformSize {
  form: Serialisation
  /** Bytes of the serialised ids. */
  bytes: number
  compressed: number
  /** 1 - compressed ids by compressed text; negative = larger. null for an empty text. */
  gain: number | null
  /** Compressed bits per byte of the text; null for an empty text. */
  bitsPerByte: number | null
}

export interface Transform {
  compressor: CompressorName
  raw: { bytes: number; compressed: number; bitsPerByte: number | null }
  sizes: TransformSize[]
}

/**
 * Compresses documents as text and as ids. They are asked for twice when `rank` has to find its own order:
 * give a function that begins them anew. Throws what `encode` throws, ARGUMENT_INVALID, CANCELLED.
 */
export async function transformSizes(
  tokenizer: Tokenizer,
  documents: () => Documents,
  options: TransformOptions = {},
): Promise<Transform> {
  const { compressor = 'gzip', forms = ['fixed', 'utf8', 'rank'], signal } = options
  const { vocabSize } = tokenizer
  const pause = pauses(signal)
  const encode = (document: string | Uint8Array) => {
    throwIfCancelled(signal)
    return tokenizer.encode(document, { template: false })
  }
  let order = options.order
  let table = new Uint8Array(0)
  if (!order && forms.includes('rank')) {
    const counts = new Float64Array(vocabSize)
    for await (const document of documents()) {
      for (const id of encode(document)) counts[id]!++
      await pause()
    }
    order = orderByCount(counts)
    table = rankTable(order, counts).slice()
  }
  const raw = options.rawCompressed === undefined ? await openCompressor(compressor) : null
  const outputs = []
  for (const form of forms) {
    const sink = await openCompressor(compressor)
    const head = form === 'rank' ? table : new Uint8Array(0)
    await sink.write(head)
    const writer = new IdWriter({ form, vocabSize, order: form === 'rank' ? order : undefined })
    outputs.push({ form, sink, writer, bytes: head.length })
  }
  let bytes = 0
  let count = 0
  for await (const document of documents()) {
    const text = typeof document === 'string' ? utf8Encode(document) : document
    bytes += text.length
    const ids = encode(document)
    const waits = raw ? [raw.write(text)] : []
    for (const output of outputs) {
      const part = output.writer.write(ids)
      output.bytes += part.length
      waits.push(output.sink.write(part))
    }
    await Promise.all(waits)
    options.onProgress?.({ stage: `compressing ${tokenizer.name}`, done: ++count, unit: 'items' })
  }
  const perByte = (compressed: number) => (bytes === 0 ? null : (8 * compressed) / bytes)
  const rawSize = raw ? await raw.end() : options.rawCompressed!
  const sizes: TransformSize[] = []
  for (const { form, sink, bytes: written } of outputs) {
    const compressed = await sink.end()
    sizes.push({
      form,
      bytes: written,
      compressed,
      gain: bytes === 0 ? null : 1 - compressed / rawSize,
      bitsPerByte: perByte(compressed),
    })
  }
  return { compressor, raw: { bytes, compressed: rawSize, bitsPerByte: perByte(rawSize) }, sizes }
}
