// N-grams as a text file that a person can read and compare: lines that begin with # are comments, every other
// line is one n-gram, in the order of their ids.
import { TesseraError, utf8DecodeStrict } from '../../core/index.ts'
import { checkNgrams } from './spec.ts'

const MAX_FILE_BYTES = 4 << 20

export function writeNgrams(ngrams: readonly string[], comments: readonly string[] = []): string {
  return [...comments.map((line) => `# ${line}`), ...ngrams, ''].join('\n')
}

/** Throws FILE_TOO_LARGE, TEXT_NOT_UTF8, FORMAT_INVALID. */
export function readNgrams(file: Uint8Array, where?: string): string[] {
  if (file.length > MAX_FILE_BYTES) {
    throw new TesseraError('FILE_TOO_LARGE', `${file.length} bytes of n-grams`, { where })
  }
  const ngrams = utf8DecodeStrict(file, where)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  checkNgrams(ngrams)
  return ngrams
}
