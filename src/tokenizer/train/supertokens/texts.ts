// The texts of a corpus one after another, whole documents or blocks of files, in NFC if asked for: what
// trainers read that need a text in order and not only its words.
import {
  firstMalformedByte,
  TesseraError,
  throwIfCancelled,
  utf8Decode,
  utf8Encode,
} from '../../../core/index.ts'
import type { LongWork } from '../../../core/index.ts'
import { aligned } from '../../aligned.ts'
import { compileNormalizer } from '../../normalize/index.ts'
import type { Corpus } from '../count-words.ts'
import type { SkippedFile } from '../text-check.ts'

/** The first byte of U+0300, below which nothing is composed. */
const FIRST_COMBINING = 0xcc

export interface CorpusTotals {
  files: number
  skipped: SkippedFile[]
  documents: number
  bytes: number
}

/**
 * Visits every text as well-formed UTF-8: a document is one text, a file one for each block of about 1 MB,
 * which ends before a space between words. The bytes may be overwritten once `visit` has returned.
 * Throws TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, ARGUMENT_INVALID, CANCELLED.
 */
export async function eachText(
  corpus: Corpus,
  stage: string,
  nfc: boolean,
  work: LongWork,
  visit: (bytes: Uint8Array) => void,
): Promise<CorpusTotals> {
  const normalize = nfc ? compileNormalizer({ type: 'NFC' }, 'huggingface') : null
  const totals: CorpusTotals = { files: 0, skipped: [], documents: 0, bytes: 0 }
  let total: number | undefined
  let turn = performance.now()
  const hand = async (bytes: Uint8Array): Promise<void> => {
    throwIfCancelled(work.signal)
    totals.bytes += bytes.length
    const composed = normalize && bytes.some((byte) => byte >= FIRST_COMBINING)
    visit(composed ? utf8Encode(normalize(aligned(utf8Decode(bytes), false)).text) : bytes)
    work.onProgress?.({ stage, done: totals.bytes, total, unit: 'bytes' })
    if (performance.now() - turn < 40) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    turn = performance.now()
  }
  if (typeof corpus !== 'object' || corpus === null) {
    throw new TesseraError('ARGUMENT_INVALID', `A corpus is not a ${typeof corpus}`, {
      hint: 'Give { files } or an iterable of documents',
    })
  }
  if ('files' in corpus) {
    if (typeof process === 'undefined' || process.versions?.node === undefined) {
      throw new TesseraError('ARGUMENT_INVALID', 'There are no files here', {
        hint: 'Give the documents themselves',
      })
    }
    const { fileRanges, textBlocks } = await import('../corpus-files.ts')
    const listed = await fileRanges(
      typeof corpus.files === 'string' ? [corpus.files] : corpus.files,
      work.signal,
    )
    total = listed.ranges.reduce((sum, { from, to }) => sum + to - from, 0)
    totals.files = totals.documents = listed.files
    totals.skipped = listed.skipped
    for (const range of listed.ranges) {
      for await (const { bytes } of textBlocks(range, 'whole')) await hand(bytes)
    }
    return totals
  }
  for await (const document of corpus) {
    if (typeof document !== 'string' && !(document instanceof Uint8Array)) {
      throw new TesseraError('ARGUMENT_INVALID', `Document ${totals.documents} is a ${typeof document}`, {
        hint: 'A corpus gives strings or Uint8Array',
      })
    }
    const bytes = typeof document === 'string' ? utf8Encode(document) : document
    const malformed = bytes === document ? firstMalformedByte(bytes) : -1
    if (malformed >= 0) {
      throw new TesseraError('TEXT_NOT_UTF8', 'A document is not UTF-8 text', {
        where: `document ${totals.documents}, byte ${malformed}`,
        hint: 'Give strings, or bytes that are UTF-8',
      })
    }
    totals.documents++
    await hand(bytes)
  }
  return totals
}
