// Counting the words of a corpus: files and folders, or documents from anywhere, on one thread or several,
// in bounded memory.
import { TesseraError, throwIfCancelled, type LongWork } from '../../core/index.ts'
import { LocalCounter, type CountedPart, type Counter } from './local-counter.ts'
import type { WordsSpec } from './pieces.ts'
import type { SkippedFile } from './text-check.ts'
import { WordTable, type CountedWords } from './word-table.ts'

/**
 * What to train on: paths of text files and folders, or documents (strings, or bytes of UTF-8 text).
 * Folders are read whole, in the order of names, without hidden entries and links; files in them that are not
 * UTF-8 text or cannot be read are skipped and listed. A file that is reached twice counts once.
 */
export type Corpus =
  { files: string | readonly string[] } | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

export interface CountOptions extends LongWork {
  /** Default: one, and for large corpora in files up to as many as there are cores. */
  threads?: number
  /** Bytes that the table of words may take; beyond it, words go through temporary files. */
  budget: number
}

export interface WordCounts {
  words: CountedWords
  files: number
  /** Files that were left out. */
  skipped: SkippedFile[]
  documents: number
  bytes: number
  /** Words that did not fit into the budget, the rarest of all, and how often they occur together. */
  droppedWords: number
  droppedOccurrences: number
}

/** Bytes of text per batch of documents, and per thread of a default. */
const BATCH = 1 << 20
const PER_THREAD = 1 << 25

/** Throws the errors of reading, TRAINING_IMPOSSIBLE for an empty corpus, CANCELLED. */
export async function countWords(
  corpus: Corpus,
  spec: WordsSpec,
  options: CountOptions,
): Promise<WordCounts> {
  throwIfCancelled(options.signal)
  if (typeof corpus !== 'object' || corpus === null) {
    throw new TesseraError('ARGUMENT_INVALID', `A corpus is not a ${typeof corpus}`, {
      hint: 'Give { files } or an iterable of documents',
    })
  }
  const node = typeof process !== 'undefined' && process.versions?.node !== undefined
  const listed = 'files' in corpus ? await listFiles(corpus.files, node, options.signal) : null
  const total = listed?.ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  const threads = options.threads ?? (await defaultThreads(total, node))
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new TesseraError('ARGUMENT_INVALID', `threads is ${threads}`, {
      where: 'threads',
      hint: 'Give 1 to 256',
    })
  }
  const skipped = listed?.skipped ?? []
  let bytes = 0
  const afterBlock = (more: number) => {
    bytes += more
    options.onProgress?.({ stage: 'counting words', done: bytes, total, unit: 'bytes' })
    throwIfCancelled(options.signal)
  }
  const folder = node ? await temporaryFolder() : null
  try {
    const settings = { words: spec, budget: options.budget, folder: folder?.path ?? null, number: 0 }
    const counter = await openCounter(threads, node, settings, afterBlock, options.signal)
    try {
      let documents = 0
      if (listed) for (const range of listed.ranges) await counter.count(range)
      else documents = await countDocuments(corpus as Iterable<string>, counter)
      const parts = await counter.finish()
      const merged = await merge(parts, options.budget)
      if (merged.words.counts.length === 0) {
        throw nothingToTrainOn(bytes, skipped)
      }
      return { ...merged, files: listed?.files ?? 0, skipped, documents: listed?.files ?? documents, bytes }
    } finally {
      await counter.close()
    }
  } finally {
    await folder?.remove()
  }
}

function nothingToTrainOn(bytes: number, skipped: readonly SkippedFile[]): TesseraError {
  const left = skipped.filter(({ reason }) => reason !== 'duplicate')
  const [first] = left
  const hint =
    bytes > 0
      ? 'The pre-tokenizer leaves nothing of this corpus'
      : first
        ? `${left.length} files were skipped, such as ${first.path} (${first.reason}): give UTF-8 text`
        : 'Give a file that is not empty'
  return new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to train on', { hint })
}

async function listFiles(files: string | readonly string[], node: boolean, signal: AbortSignal | undefined) {
  if (!node) {
    throw new TesseraError('ARGUMENT_INVALID', 'There are no files here', {
      hint: 'Give the documents themselves',
    })
  }
  const { fileRanges } = await import('./corpus-files.ts')
  return fileRanges(typeof files === 'string' ? [files] : files, signal)
}

async function defaultThreads(total: number | undefined, node: boolean): Promise<number> {
  if (!node || total === undefined || total < 2 * PER_THREAD) return 1
  const { availableParallelism } = await import('node:os')
  return Math.min(availableParallelism(), Math.floor(total / PER_THREAD), 16)
}

async function temporaryFolder() {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const path = await mkdtemp(join(tmpdir(), 'tessera-words-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

async function openCounter(
  threads: number,
  node: boolean,
  settings: ConstructorParameters<typeof LocalCounter>[0],
  afterBlock: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Counter> {
  if (threads > 1 && node) {
    const { ThreadedCounter, threadsAvailable } = await import('./count-threads.ts')
    if (threadsAvailable) return new ThreadedCounter(threads, settings, afterBlock, signal)
  }
  return new LocalCounter(settings, afterBlock)
}

async function countDocuments(
  corpus: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  counter: Counter,
): Promise<number> {
  let documents = 0
  let batch: (string | Uint8Array)[] = []
  let held = 0
  for await (const document of corpus) {
    if (typeof document !== 'string' && !(document instanceof Uint8Array)) {
      throw new TesseraError('ARGUMENT_INVALID', `Document ${documents} is a ${typeof document}`, {
        hint: 'A corpus gives strings or Uint8Array',
      })
    }
    documents++
    batch.push(document)
    held += document.length
    if (held >= BATCH) {
      await counter.count(batch)
      batch = []
      held = 0
      // An iterable that never waits would leave no turn for a click on "cancel".
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
  }
  if (batch.length > 0) await counter.count(batch)
  return documents
}

async function merge(parts: CountedPart[], budget: number) {
  const runs = parts.flatMap((part) => part.runs)
  if (runs.length > 0) {
    const { mergeRuns } = await import('./spill.ts')
    return mergeRuns(
      runs,
      parts.map((part) => part.words),
      budget,
    )
  }
  const whole = { droppedWords: 0, droppedOccurrences: 0 }
  if (parts.length === 1) return { ...whole, words: parts[0]!.words }
  const table = new WordTable()
  for (const part of parts) table.addAll(part.words)
  return { ...whole, words: table.words() }
}
