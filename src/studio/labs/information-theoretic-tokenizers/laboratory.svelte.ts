// The state of the lab: the documents, the tokenizers and what came out of the worker for each of them.
import { utf8Encode } from '../../../core/index.ts'
import { builtinTokenizers } from '../../../tokenizer/index.ts'
import { problemOf, type Problem } from '../../shell/problem.ts'
import { WorkerCalls } from '../../worker/calls.ts'
import type { InformationCalls, LabDocument, Measured, Opened, Source } from './protocol.ts'
import type { Sample } from './samples.ts'

/** Of all documents together, this much is read. */
const MOST_BYTES = 32 * 1024 * 1024
const MOST_DOCUMENTS = 2000
const MOST_TOKENIZER = 256 * 1024 * 1024
const FIRST = new Set(['gpt2', 'cl100k_base', 'o200k_base', 'qwen3'])

/** One tokenizer of the list. */
export class Entry {
  readonly label: string
  readonly source: Source
  on = $state(false)
  phase: 'waiting' | 'busy' | 'ready' | 'failed' = $state('waiting')
  measured: Measured | null = $state.raw(null)
  problem: Problem | null = $state.raw(null)

  constructor(label: string, source: Source, on = false) {
    this.label = label
    this.source = source
    this.on = on
  }
}

export class Laboratory {
  title = $state('')
  documents: readonly LabDocument[] = $state.raw([])
  opened: Opened | null = $state.raw(null)
  /** What was left out of the input, in words. */
  cut: string | null = $state(null)
  /** The documents are one content in several languages. */
  parallel = $state(false)
  /** Index of the reference among the kept documents. */
  reference = $state(0)
  entries: Entry[] = $state.raw([
    new Entry('bytes', { bytesAsTokens: true }, true),
    ...builtinTokenizers
      .filter(({ name }) => !name.startsWith('binary-'))
      .map(({ name }) => new Entry(name, { builtin: name }, FIRST.has(name))),
  ])
  phase: 'empty' | 'busy' | 'ready' | 'stopped' = $state('empty')
  /** 0 to 1 over all tokenizers that are measured now. */
  progress = $state(0)
  stage = $state('')
  problem: Problem | null = $state.raw(null)
  private held = false
  private version = 0
  private readonly calls = new WorkerCalls<InformationCalls>(
    () => new Worker(new URL('./information.worker.ts', import.meta.url), { type: 'module' }),
    () => (this.held = false),
  )

  /** Tokenizers that are chosen and measured. */
  get measured(): (Entry & { measured: Measured })[] {
    return this.entries.filter((entry): entry is Entry & { measured: Measured } =>
      Boolean(entry.on && entry.measured),
    )
  }

  async openSample(sample: Sample): Promise<void> {
    const version = this.begin()
    try {
      const documents = await sample.load()
      if (version === this.version) await this.take(sample.name, documents, sample.parallel)
    } catch (error) {
      this.fail(version, error)
    }
  }

  openText(text: string): Promise<void> {
    this.begin()
    return this.take('Pasted text', text === '' ? [] : [{ name: 'text', bytes: utf8Encode(text) }], false)
  }

  /** Reads files up to MOST_BYTES; what does not fit is named. */
  async openFiles(files: readonly File[]): Promise<void> {
    if (files.length === 0) return
    const version = this.begin()
    try {
      const documents: LabDocument[] = []
      let left = MOST_BYTES
      let cut: string | null = null
      for (const [i, file] of files.entries()) {
        if (file.size > left || documents.length === MOST_DOCUMENTS) {
          cut = `${files.length - i} of ${files.length} files were left out: more than ${MOST_BYTES >> 20} MB or ${MOST_DOCUMENTS} files. The command line takes folders of any size.`
          break
        }
        documents.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })
        left -= file.size
      }
      if (version !== this.version) return
      await this.take(files.length === 1 ? files[0]!.name : `${files.length} files`, documents, false)
      this.cut = cut
    } catch (error) {
      this.fail(version, error)
    }
  }

  async addTokenizer(file: File): Promise<void> {
    this.problem = null
    if (file.size > MOST_TOKENIZER) {
      const message = `${file.name} has more than ${MOST_TOKENIZER >> 20} MB`
      this.problem = { code: 'LIMIT_EXCEEDED', message }
      return
    }
    const bytes = new Uint8Array(await file.arrayBuffer())
    this.entries = [...this.entries, new Entry(file.name, { fileName: file.name, bytes }, true)]
    await this.run()
  }

  async toggle(entry: Entry): Promise<void> {
    entry.on = !entry.on
    if (entry.on && entry.phase === 'failed') entry.phase = 'waiting'
    if (entry.on) await this.run()
  }

  /** Measures what is chosen and not measured yet. A run that is under way goes on with new choices. */
  async run(): Promise<void> {
    if (!this.opened || this.phase === 'busy' || this.bytes === 0) return
    const version = this.version
    this.phase = 'busy'
    const waiting = () => this.entries.filter(({ on, phase }) => on && phase === 'waiting')
    const done = { count: 0 }
    try {
      if (!this.held) await this.calls.call('open', { documents: this.documents })
      this.held = true
      for (let entry = waiting()[0]; entry; entry = waiting()[0]) {
        const one = entry
        one.phase = 'busy'
        one.problem = null
        this.stage = one.label
        const report = (part: number) => {
          if (version === this.version)
            this.progress = (done.count + part) / (done.count + 1 + waiting().length)
        }
        report(0)
        try {
          const measured = await this.calls.call('measure', { source: one.source }, report)
          if (version !== this.version) return
          one.measured = measured
          one.phase = 'ready'
        } catch (error) {
          if (version !== this.version) return
          one.problem = problemOf(error)
          one.phase = 'failed'
        }
        done.count++
      }
      this.phase = 'ready'
    } catch (error) {
      this.fail(version, error)
    }
  }

  /** Ends the worker. What is measured stays; the rest can be asked for again. */
  cancel(): void {
    this.version++
    this.calls.end({ code: 'CANCELLED', message: 'Cancelled' })
    for (const entry of this.entries) if (entry.phase === 'busy') entry.phase = 'waiting'
    this.phase = this.opened ? 'stopped' : 'empty'
  }

  get bytes(): number {
    return this.opened?.kept.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
  }

  private begin(): number {
    // A measurement of the documents before is of no use to anybody.
    if (this.phase === 'busy') this.cancel()
    this.problem = null
    this.cut = null
    return ++this.version
  }

  private async take(title: string, documents: readonly LabDocument[], parallel: boolean): Promise<void> {
    const version = this.version
    this.title = title
    this.documents = documents
    this.parallel = parallel
    this.reference = 0
    this.opened = null
    this.phase = 'empty'
    this.progress = 0
    for (const entry of this.entries) {
      entry.phase = 'waiting'
      entry.measured = null
      entry.problem = null
    }
    try {
      const opened = await this.calls.call('open', { documents })
      if (version !== this.version) return
      this.held = true
      this.opened = opened
      await this.run()
    } catch (error) {
      this.fail(version, error)
    }
  }

  private fail(version: number, error: unknown): void {
    if (version !== this.version) return
    this.problem = problemOf(error)
    this.phase = this.opened ? 'stopped' : 'empty'
  }
}
