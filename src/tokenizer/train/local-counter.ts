// The counter of one thread: texts in, one word table, full tables spilled to disk.
import { firstMalformedByte, TesseraError, utf8Encode } from '../../core/index.ts'
import type { FileRange } from './corpus-files.ts'
import { piecesCounter, type CountPieces, type WordsSpec } from './pieces.ts'
import { WordTable, type CountedWords } from './word-table.ts'

export interface CounterSettings {
  words: WordsSpec
  /** Bytes that this counter's table may take. */
  budget: number
  /** Where full tables go; null = there is no disk (a page): the table may outgrow its budget. */
  folder: string | null
  /** Tells the runs of several counters apart. */
  number: number
}

/** What a counter has counted: words in memory and sorted runs on disk. */
export interface CountedPart {
  words: CountedWords
  runs: string[]
}

/** Counts on this thread or on others: `count` resolves when there is room for more. */
export interface Counter {
  count(work: readonly (string | Uint8Array)[] | FileRange): Promise<void>
  finish(): Promise<CountedPart[]>
  close(): Promise<void>
}

export class LocalCounter implements Counter {
  private readonly settings: CounterSettings
  private readonly table = new WordTable()
  private readonly runs: string[] = []
  private pieces: CountPieces | null = null
  private readonly afterBlock: (bytes: number) => void

  /** `afterBlock` hears the bytes of each block that was counted, and may throw to stop. */
  constructor(settings: CounterSettings, afterBlock: (bytes: number) => void) {
    this.settings = settings
    this.afterBlock = afterBlock
  }

  async count(work: readonly (string | Uint8Array)[] | FileRange): Promise<void> {
    const { words } = this.settings
    const pieces = (this.pieces ??= await piecesCounter(words))
    if ('path' in work) {
      const { textBlocks } = await import('./corpus-files.ts')
      for await (const { bytes, start } of textBlocks(work, words.documents)) {
        pieces(bytes, 0, bytes.length, start, this.table)
        await this.boundMemory()
        this.afterBlock(bytes.length)
      }
      return
    }
    let bytes = 0
    for (const document of work) {
      const text = typeof document === 'string' ? utf8Encode(document) : document
      if (text === document) refuseMalformed(text)
      pieces(text, 0, text.length, true, this.table)
      bytes += text.length
    }
    await this.boundMemory()
    this.afterBlock(bytes)
  }

  finish(): Promise<CountedPart[]> {
    return Promise.resolve([{ words: this.table.words(), runs: this.runs }])
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  private async boundMemory(): Promise<void> {
    const { folder, budget, number } = this.settings
    if (folder === null || this.table.memory <= budget) return
    const { writeRun } = await import('./spill.ts')
    this.runs.push(writeRun(this.table.words(), folder, `${number}-${this.runs.length}.run`))
    this.table.clear()
  }
}

function refuseMalformed(bytes: Uint8Array): void {
  const at = firstMalformedByte(bytes)
  if (at < 0) return
  throw new TesseraError('TEXT_NOT_UTF8', 'A document is not UTF-8 text', {
    where: `byte ${at}`,
    hint: 'Give strings, or bytes that are UTF-8',
  })
}
