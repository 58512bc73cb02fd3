// The door of the measure room: numbers about a tokenization. Runs in Node and in a page.
export { DocumentSums, type BootstrapOptions, type Interval } from './bootstrap.ts'
export { compressionOf, type Compression } from './compression.ts'
export {
  compressedSize,
  compressors,
  openCompressor,
  type Compressor,
  type CompressorName,
} from './compress.ts'
export { READABLE_SHARE, entropyOf, runEntropies, type EntropyOptions, type RunEntropy } from './entropy.ts'
export { GramSums, GramTable } from './gram-table.ts'
export { huffmanBits } from './huffman.ts'
export { unknownId, type Loss } from './loss.ts'
export { measure, type Documents, type MeasureOptions } from './measure.ts'
export { TokenMeter, type Intervals, type Measurement, type MeterOptions } from './meter.ts'
export { mismatchMatrix, type Domain, type MismatchCell, type TrainedFor } from './mismatch.ts'
export { parityOf, type LanguageParity, type ParallelText, type Parity } from './parity.ts'
export { channelOf, renyiEntropy, type Channel } from './renyi.ts'
export { RunCounter, type RunCounterOptions, type RunSums } from './run-counter.ts'
export { shuffled } from './shuffled.ts'
export { addSizes, textSize, type TextSize } from './text-size.ts'
export { transformSizes, type Transform, type TransformOptions, type TransformSize } from './transform.ts'
export * from './consistency/index.ts'
