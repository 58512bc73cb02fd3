// Exact counting in bounded memory (Node only): a full word table is written to a temporary file as a run
// sorted by bytes; in the end all runs are merged, once to see how often words occur and once to take as
// many of the most frequent words as the budget holds.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { compareBytes, TesseraError } from '../../core/index.ts'
import { byteOrder, WordTable, type CountedWords } from './word-table.ts'

/** A record: length (u32), count (f64), bytes; little-endian. */
const HEAD = 12
const CHUNK = 1 << 18

/** Writes a run; returns its path. Throws FILE_WRITE_FAILED. */
export function writeRun(words: CountedWords, folder: string, name: string): string {
  const path = join(folder, name)
  const { bytes, offsets, counts } = words
  try {
    const file = openSync(path, 'wx')
    try {
      let buffer = new Uint8Array(CHUNK)
      let held = 0
      const flush = () => {
        for (let done = 0; done < held;) done += writeSync(file, buffer, done, held - done)
        held = 0
      }
      for (const word of byteOrder(words)) {
        const from = offsets[word]!
        const length = offsets[word + 1]! - from
        if (held + HEAD + length > buffer.length) flush()
        if (HEAD + length > buffer.length) buffer = new Uint8Array(HEAD + length)
        const view = new DataView(buffer.buffer)
        view.setUint32(held, length, true)
        view.setFloat64(held + 4, counts[word]!, true)
        buffer.set(bytes.subarray(from, from + length), held + HEAD)
        held += HEAD + length
      }
      flush()
    } finally {
      closeSync(file)
    }
    return path
  } catch (cause) {
    throw new TesseraError('FILE_WRITE_FAILED', `Cannot write (${(cause as Error).message})`, {
      where: path,
      hint: 'Counting needs room for temporary files: free some, or raise memoryBudget',
      cause,
    })
  }
}

export interface Selection {
  words: CountedWords
  /** What did not fit: distinct words, and their occurrences. */
  droppedWords: number
  droppedOccurrences: number
}

/**
 * Merges runs and words in memory; keeps the most frequent words (then the smaller in byte order) that
 * fit into `budget` bytes.
 */
export function mergeRuns(
  runs: readonly string[],
  parts: readonly CountedWords[],
  budget: number,
): Selection {
  const memoryByCount = new Map<number, number>()
  eachWord(runs, parts, (word, count) => {
    memoryByCount.set(count, (memoryByCount.get(count) ?? 0) + memoryOf(word))
  })
  let room = budget
  let cutoff = 0
  for (const count of [...memoryByCount.keys()].sort((a, b) => b - a)) {
    const wanted = memoryByCount.get(count)!
    if (wanted > room) {
      cutoff = count
      break
    }
    room -= wanted
  }
  const table = new WordTable()
  let droppedWords = 0
  let droppedOccurrences = 0
  eachWord(runs, parts, (word, count) => {
    if (count > cutoff || (count === cutoff && memoryOf(word) <= room)) {
      if (count === cutoff) room -= memoryOf(word)
      table.add(word, 0, word.length, count)
    } else {
      droppedWords++
      droppedOccurrences += count
    }
  })
  return { words: table.words(), droppedWords, droppedOccurrences }
}

function memoryOf(word: Uint8Array): number {
  return word.length + WordTable.PER_WORD
}

/** Visits each distinct word once, in byte order, with its count over all runs and parts. */
function eachWord(
  runs: readonly string[],
  parts: readonly CountedWords[],
  visit: (word: Uint8Array, count: number) => void,
): void {
  const readers = runs.map((path) => new RunReader(path))
  try {
    const cursors: Cursor[] = [...readers, ...parts.map(sortedCursor)].filter((cursor) => cursor.next())
    while (cursors.length > 0) {
      let least = cursors[0]!.word
      for (const cursor of cursors) if (compareBytes(cursor.word, least) < 0) least = cursor.word
      // A reader's word lies in a buffer that `next` overwrites.
      const word = least.slice()
      let count = 0
      for (let i = cursors.length - 1; i >= 0; i--) {
        const cursor = cursors[i]!
        if (compareBytes(cursor.word, word) !== 0) continue
        count += cursor.count
        if (!cursor.next()) cursors.splice(i, 1)
      }
      visit(word, count)
    }
  } finally {
    for (const reader of readers) reader.close()
  }
}

interface Cursor {
  word: Uint8Array
  count: number
  /** Goes to the next word; false at the end. */
  next(): boolean
}

function sortedCursor(words: CountedWords): Cursor {
  const order = byteOrder(words)
  let at = 0
  return {
    word: words.bytes,
    count: 0,
    next() {
      if (at === order.length) return false
      const word = order[at++]!
      this.word = words.bytes.subarray(words.offsets[word]!, words.offsets[word + 1]!)
      this.count = words.counts[word]!
      return true
    },
  }
}

class RunReader implements Cursor {
  word: Uint8Array = new Uint8Array(0)
  count = 0
  private readonly file: number
  private buffer = new Uint8Array(CHUNK)
  private at = 0
  private held = 0

  constructor(path: string) {
    this.file = openSync(path, 'r')
  }

  next(): boolean {
    if (!this.have(HEAD)) return false
    const view = new DataView(this.buffer.buffer, this.at)
    const length = view.getUint32(0, true)
    this.count = view.getFloat64(4, true)
    this.have(HEAD + length)
    this.word = this.buffer.subarray(this.at + HEAD, this.at + HEAD + length)
    this.at += HEAD + length
    return true
  }

  close(): void {
    closeSync(this.file)
  }

  /** Makes `length` bytes available at `at`; false at the end of the file. */
  private have(length: number): boolean {
    while (this.held - this.at < length) {
      const rest = this.buffer.subarray(this.at, this.held)
      if (length > this.buffer.length) {
        const wider = new Uint8Array(length)
        wider.set(rest)
        this.buffer = wider
      } else this.buffer.copyWithin(0, this.at, this.held)
      this.held = rest.length
      this.at = 0
      const read = readSync(this.file, this.buffer, this.held, this.buffer.length - this.held, null)
      if (read === 0) return false
      this.held += read
    }
    return true
  }
}
