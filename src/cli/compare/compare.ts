// One tokenizer after another over the same files: nothing but sums is kept, so that folders of any size fit.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'
import {
  compressionOf,
  DocumentSums,
  TokenMeter,
  transformSizes,
  type Compression,
  type CompressorName,
  type Interval,
  type Measurement,
  type TextSize,
  type Transform,
} from '../../measure/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { documentsOf, type Source } from '../sources.ts'

export interface CompareOptions {
  raw: boolean
  entropy: boolean
  gzip: boolean
  compressor: CompressorName
  bootstrap: boolean
  seed: number
}

export interface Compared {
  tokenizer: string
  vocabSize: number
  /** `[sources]` */
  tokens: number[]
  compression: Compression
  measurement: Measurement | null
  transform: Transform | null
  /** Of bytes per token, characters per token, and this tokenizer's tokens by those of the first. */
  intervals: {
    bytesPerToken: Interval | null
    charsPerToken: Interval | null
    tokensByFirst: Interval | null
  } | null
}

/** Passes over the files, for progress. */
function passes({ gzip }: CompareOptions): number {
  return gzip ? 3 : 1
}

/** Throws what encoding throws, FILE_UNREADABLE for a file that changed, CANCELLED. */
export async function compareTokenizers(
  names: readonly string[],
  open: (name: string) => Promise<Tokenizer>,
  sources: readonly Source[],
  size: TextSize,
  options: CompareOptions,
  work: Required<LongWork>,
): Promise<Compared[]> {
  const total = size.bytes * names.length * passes(options)
  let done = 0
  const read = async function* (source: Source) {
    for await (const document of documentsOf(source, options.raw)) {
      throwIfCancelled(work.signal)
      yield document
      done += source.bytes <= document.length ? source.bytes : document.length
      work.onProgress({ stage: 'comparing', done: Math.min(done, total), total, unit: 'bytes' })
    }
  }
  const all = async function* () {
    for (const source of sources) yield* read(source)
  }
  const compared: Compared[] = []
  let rawCompressed: number | undefined
  for (const name of names) {
    const tokenizer = await open(name)
    const meter = options.entropy ? new TokenMeter(tokenizer) : null
    const tokens: number[] = []
    for (const source of sources) {
      let count = 0
      for await (const document of read(source)) {
        count += meter ? meter.add(document).length : tokenizer.count(document, { template: false })
      }
      tokens.push(count)
    }
    const measurement = meter ? await meter.report({ seed: options.seed, signal: work.signal }) : null
    const { compressor } = options
    const transform = options.gzip
      ? await transformSizes(tokenizer, all, { compressor, rawCompressed, signal: work.signal })
      : null
    rawCompressed = transform?.raw.compressed
    const sum = tokens.reduce((a, b) => a + b, 0)
    compared.push({
      tokenizer: name,
      vocabSize: tokenizer.vocabSize,
      tokens,
      compression: compressionOf(size, sum, tokenizer.vocabSize),
      measurement,
      transform,
      intervals: null,
    })
  }
  if (options.bootstrap) addIntervals(compared, sources, options.seed)
  return compared
}

function addIntervals(compared: Compared[], sources: readonly Source[], seed: number): void {
  const sums = new DocumentSums(2 + compared.length)
  sources.forEach(({ size }, s) => {
    sums.add([size.bytes, size.chars ?? NaN, ...compared.map(({ tokens }) => tokens[s]!)])
  })
  compared.forEach((one, i) => {
    const ratio = (over: number, under: number) => sums.interval((x) => x[over]! / x[under]!, { seed })
    one.intervals = {
      bytesPerToken: ratio(0, 2 + i),
      charsPerToken: ratio(1, 2 + i),
      tokensByFirst: i === 0 ? null : ratio(2 + i, 2),
    }
  })
}
