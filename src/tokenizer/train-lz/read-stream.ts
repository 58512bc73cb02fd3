// The beginning of a corpus, up to a number of bytes: what LZ-aware training chooses its merges on.
import { TesseraError, throwIfCancelled, utf8DecodeStrict, utf8Encode } from '../../core/index.ts'
import type { Corpus } from '../train/count-words.ts'
import type { SkippedFile } from '../train/text-check.ts'

export interface StreamText {
  /** UTF-8, the last one cut at a character where the limit says so. */
  documents: Uint8Array[]
  bytes: number
  /** The corpus has more than was taken. */
  cut: boolean
  /** Files that were left out: not text, unreadable, or read already. */
  skipped: SkippedFile[]
}

/** Throws TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, ARGUMENT_INVALID, CANCELLED. */
export async function readStream(corpus: Corpus, limit: number, signal?: AbortSignal): Promise<StreamText> {
  const documents: Uint8Array[] = []
  const skipped: SkippedFile[] = []
  let bytes = 0
  for await (const { document, where } of documentsOf(corpus, skipped, signal)) {
    throwIfCancelled(signal)
    if (bytes >= limit) {
      if (document.length > 0) return { documents, bytes, cut: true, skipped }
      continue
    }
    const taken = document.subarray(0, characterEnd(document, limit - bytes))
    utf8DecodeStrict(taken, where)
    documents.push(taken)
    bytes += taken.length
    if (taken.length < document.length) return { documents, bytes, cut: true, skipped }
  }
  return { documents, bytes, cut: false, skipped }
}

/** `limit`, or the end of the last character before it. */
function characterEnd(bytes: Uint8Array, limit: number): number {
  if (bytes.length <= limit) return bytes.length
  let at = limit
  while (at > 0 && at > limit - 4 && (bytes[at]! & 0xc0) === 0x80) at--
  return at
}

async function* documentsOf(
  corpus: Corpus,
  skipped: SkippedFile[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ document: Uint8Array; where: string }> {
  if (typeof corpus !== 'object' || corpus === null) {
    throw new TesseraError('ARGUMENT_INVALID', `A corpus is not a ${typeof corpus}`, {
      hint: 'Give { files } or an iterable of documents',
    })
  }
  if ('files' in corpus) {
    const { fileRanges, textBlocks } = await import(/* @vite-ignore */ '../train/corpus-files.ts')
    const { files } = corpus
    const listed = await fileRanges(typeof files === 'string' ? [files] : [...files], signal)
    skipped.push(...listed.skipped)
    for (const range of listed.ranges) {
      // Blocks share their buffer.
      for await (const { bytes } of textBlocks(range, 'whole')) {
        yield { document: bytes.slice(), where: range.path }
      }
    }
    return
  }
  let index = 0
  for await (const document of corpus) {
    const where = `document ${index++}`
    if (typeof document === 'string') yield { document: utf8Encode(document), where }
    else if (document instanceof Uint8Array) yield { document, where }
    else {
      throw new TesseraError('ARGUMENT_INVALID', `${where} is a ${typeof document}`, {
        hint: 'A corpus gives strings or Uint8Array',
      })
    }
  }
}
