// What every room shares.
export { TesseraError, type ErrorCode, type ErrorDetails } from './errors.ts'
export { ByteReader } from './byte-reader.ts'
export { Random } from './random.ts'
export { throwIfCancelled, type LongWork, type OnProgress, type Progress } from './progress.ts'
export {
  compareBytes,
  firstMalformedByte,
  utf8Decode,
  utf8DecodeStrict,
  utf8Encode,
  utf8SequenceLength,
} from './bytes.ts'
