// The two questions about compressors: what ids are worth to one, written in different ways; and whether
// merges that were chosen by compressed size are better than plain ones on text that they have not seen.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'
import { compressedSize, transformSizes, type CompressorName } from '../../measure/index.ts'
import {
  createTokenizer,
  orderByCount,
  serialise,
  trainBpeSpec,
  trainLzBpeSpec,
  type Tokenizer,
  type TokenizerSpec,
} from '../../tokenizer/index.ts'
import { firstOf } from '../experiment/corpora.ts'
import { nested } from './trained.ts'

export interface Gain {
  size: number
  compressor: CompressorName
  form: string
  gain: number
}

const COMPRESSORS: readonly CompressorName[] = ['gzip', 'brotli']

/** Ids by falling frequency in the text a tokenizer was trained on, which a reader can be given with it. */
function trainingOrder(tokenizer: Tokenizer, train: readonly string[]): Uint32Array {
  const counts = new Float64Array(tokenizer.vocabSize)
  for (const document of train) for (const id of tokenizer.encode(document)) counts[id]!++
  return orderByCount(counts)
}

/** Tokenise, then compress: BPE of the given sizes on held-out text. */
export async function transformGains(
  train: readonly string[],
  test: readonly string[],
  sizes: readonly number[],
  work: LongWork,
): Promise<Gain[]> {
  const { spec } = await trainBpeSpec(train, {
    vocabSize: Math.max(...sizes),
    threads: 1,
    signal: work.signal,
  })
  const gains: Gain[] = []
  for (const size of sizes) {
    const tokenizer = createTokenizer(nested(spec, size))
    const order = trainingOrder(tokenizer, train)
    for (const compressor of COMPRESSORS) {
      throwIfCancelled(work.signal)
      const { sizes: found } = await transformSizes(tokenizer, () => test, {
        compressor,
        order,
        signal: work.signal,
      })
      for (const { form, gain } of found) gains.push({ size, compressor, form, gain: gain! })
    }
    const own = await transformSizes(tokenizer, () => test, { forms: ['rank'], signal: work.signal })
    gains.push({ size, compressor: 'gzip', form: 'rank, its table counted', gain: own.sizes[0]!.gain! })
  }
  return gains
}

/** The same for a published tokenizer, whose order is its own. */
export async function boxGains(
  tokenizer: Tokenizer,
  test: readonly string[],
  work: LongWork,
): Promise<Gain[]> {
  const { sizes } = await transformSizes(tokenizer, () => test, { signal: work.signal })
  return sizes.map(({ form, gain }) => ({
    size: tokenizer.vocabSize,
    compressor: 'gzip',
    form: form === 'rank' ? 'rank, its table counted' : form,
    gain: gain!,
  }))
}

export interface LzMeasure {
  size: number
  raw: number
  plain: { compressed: number; tokens: number }
  lz: { compressed: number; tokens: number }
}

export interface LzSettings {
  streamBytes: number
  candidates: number
  level: number
  testChars: number
  sizes: readonly number[]
}

/**
 * Both kinds of merges chosen on the same stream, then held-out text under gzip at level 9, ids written as
 * ranks in the order of the training stream. Vocabularies are nested here too.
 */
export async function lzMeasures(
  train: readonly string[],
  test: readonly string[],
  settings: LzSettings,
  work: LongWork,
): Promise<{ measures: LzMeasure[]; seconds: { lz: number; plain: number } }> {
  const vocabSize = Math.max(...settings.sizes)
  const { streamBytes, candidates, level } = settings
  const options = { vocabSize, streamBytes, level, signal: work.signal, onProgress: work.onProgress }
  const lz = await trainLzBpeSpec(train, { ...options, candidates })
  // One candidate is plain BPE, merge for merge, on the same stream.
  const plain = await trainLzBpeSpec(train, { ...options, candidates: 1 })
  const held = firstOf(test, settings.testChars)
  const stream = firstOf(train, streamBytes)
  const raw = await compressedSize(Buffer.from(held.join('')), 'gzip')
  const measured = async (spec: TokenizerSpec, size: number) => {
    const tokenizer = createTokenizer(nested(spec, size))
    const order = trainingOrder(tokenizer, stream)
    const ids = held.flatMap((document) => [...tokenizer.encode(document)])
    const bytes = serialise(ids, { form: 'rank', vocabSize: tokenizer.vocabSize, order })
    return { compressed: await compressedSize(bytes, 'gzip'), tokens: ids.length }
  }
  const measures: LzMeasure[] = []
  for (const size of settings.sizes) {
    measures.push({ size, raw, plain: await measured(plain.spec, size), lz: await measured(lz.spec, size) })
  }
  const seconds = {
    lz: lz.report.seconds / lz.report.merges,
    plain: plain.report.seconds / plain.report.merges,
  }
  return { measures, seconds }
}
