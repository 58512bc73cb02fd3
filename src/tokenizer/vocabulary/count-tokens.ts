// How often each token is used on a corpus: every document is encoded whole, as its users would encode it, so
// that no cut of ours makes a token look used or unused.
import {
  TesseraError,
  throwIfCancelled,
  utf8DecodeStrict,
  utf8Encode,
  type LongWork,
} from '../../core/index.ts'
import type { Corpus } from '../train/count-words.ts'
import type { SkippedFile } from '../train/text-check.ts'
import type { Specials, Tokenizer } from '../types.ts'

/** A file is one string here; longer ones do not fit into one with certainty. */
const MAX_FILE_BYTES = 2 ** 28

export interface TokenCounts {
  /** `[vocabSize]` */
  counts: Float64Array
  files: number
  skipped: SkippedFile[]
  documents: number
  bytes: number
}

export interface CountTokensOptions extends LongWork {
  specials?: Specials
}

/** Throws ARGUMENT_INVALID, TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, CANCELLED. */
export async function countTokens(
  tokenizer: Tokenizer,
  corpus: Corpus,
  options: CountTokensOptions,
): Promise<TokenCounts> {
  if (typeof corpus !== 'object' || corpus === null) {
    throw new TesseraError('ARGUMENT_INVALID', `A corpus is not a ${typeof corpus}`, {
      hint: 'Give { files } or an iterable of documents',
    })
  }
  const found: TokenCounts = {
    counts: new Float64Array(tokenizer.vocabSize),
    files: 0,
    skipped: [],
    documents: 0,
    bytes: 0,
  }
  const { counts } = found
  const take = async (document: string | Uint8Array, where: string, total?: number): Promise<void> => {
    throwIfCancelled(options.signal)
    const text = typeof document === 'string' ? document : utf8DecodeStrict(document, where)
    for (const id of tokenizer.encode(text, { specials: options.specials, template: false })) counts[id]!++
    found.documents++
    found.bytes += typeof document === 'string' ? utf8Encode(document).length : document.length
    options.onProgress?.({ stage: 'counting tokens', done: found.bytes, total, unit: 'bytes' })
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  if (!('files' in corpus)) {
    for await (const document of corpus) {
      if (typeof document !== 'string' && !(document instanceof Uint8Array)) {
        throw new TesseraError('ARGUMENT_INVALID', `Document ${found.documents} is a ${typeof document}`, {
          hint: 'A corpus gives strings or Uint8Array',
        })
      }
      await take(document, `document ${found.documents}`)
    }
    return found
  }
  const { fileRanges } = await import('../train/corpus-files.ts')
  const { readFileBounded } = await import('../../core/node.ts')
  const { files } = corpus
  const listed = await fileRanges(typeof files === 'string' ? [files] : files, options.signal)
  found.files = listed.files
  found.skipped = listed.skipped
  const total = listed.ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  for (const { path, from } of listed.ranges) {
    // A file has several ranges; it is read at its first.
    if (from === 0) await take(await readFileBounded(path, MAX_FILE_BYTES), path, total)
  }
  return found
}
