// The state of the Tokens page: what is tokenized, by which tokenizers, and what came out.
import { TesseraError, utf8Encode } from '../../core/index.ts'
import { builtinTokenizers, type BuiltinTokenizer, type Specials } from '../../tokenizer/index.ts'
import { problemOf, type Problem } from '../shell/problem.ts'
import { comparer, RemoteTokenizer } from '../worker/client.ts'
import type { Difference } from '../worker/differences.ts'
import type { LoadedTokenizer, Message, TokenizerCalls, TokenizerSource } from '../worker/protocol.ts'
import { Utf16Index } from '../view/units.ts'

export const MOST_COLUMNS = 4
/** Above this many bytes a file or a pasted text is shown as a file: a text field that long is slow. */
export const MOST_TYPED = 200_000
const MOST_DOCUMENT = 64 * 1024 * 1024
const MOST_TOKENIZER = 256 * 1024 * 1024

export type Input =
  | { kind: 'text'; text: string }
  | { kind: 'file'; name: string; bytes: Uint8Array }
  | { kind: 'chat'; messages: Message[]; addGenerationPrompt: boolean }

export interface Choice {
  key: string
  label: string
  /** Licence of a built-in; null for a file of the reader's own. */
  licence: string | null
  title: string
  source: TokenizerSource
}

export interface Result {
  tokens: TokenizerCalls['encode']['output']
  bytes: Uint8Array
  units: Utf16Index
}

/** One tokenizer on the page and its result. */
export class Column {
  readonly choice: Choice
  readonly tokenizer: RemoteTokenizer
  phase: 'loading' | 'busy' | 'ready' | 'failed' = $state('loading')
  loaded: LoadedTokenizer | null = $state.raw(null)
  result: Result | null = $state.raw(null)
  /** `[tokens]` 1 = cut differently than by another tokenizer; null with a single one. */
  marks: Uint8Array | null = $state.raw(null)
  problem: Problem | null = $state.raw(null)
  /** 0 to 1 while busy with a long text. */
  progress = $state(0)
  /** A chat template of the reader's own, in place of the tokenizer's. */
  ownTemplate: string | null = $state(null)

  constructor(choice: Choice, tokenizer = new RemoteTokenizer(choice.source)) {
    this.choice = choice
    this.tokenizer = tokenizer
  }

  get template(): string {
    return this.ownTemplate ?? this.loaded?.chatTemplate ?? ''
  }
}

/** A stretch of the document that the pointer or the keyboard is on, in bytes. */
export interface Place {
  column: Column
  index: number
  start: number
  end: number
}

export class Workbench {
  input: Input = $state.raw({ kind: 'text', text: '' })
  specials: Specials | null = $state(null)
  template = $state(true)
  columns: Column[] = $state.raw([])
  choices: Choice[] = $state.raw(builtinTokenizers.map(choiceOf))
  place: Place | null = $state.raw(null)
  differences: { first: Difference[]; total: number } | null = $state.raw(null)
  /** A problem with a file that was dropped, not with a tokenizer that is shown. */
  problem: Problem | null = $state.raw(null)
  /** A refused tokenizer file, which may have been meant as text. */
  refused: File | null = $state.raw(null)
  private readonly comparer = comparer()
  private version = 0
  private scheduled = false

  get busy(): boolean {
    return this.columns.some((column) => column.phase === 'busy' || column.phase === 'loading')
  }

  /** Shows the named tokenizers, or the first. */
  start(wanted: readonly string[]): void {
    const named = wanted
      .map((name) => this.choices.find((choice) => choice.label === name))
      .filter((choice) => choice !== undefined)
    const shown = named.length > 0 ? named : this.choices.slice(0, 1)
    this.columns = [...new Set(shown)].slice(0, MOST_COLUMNS).map((choice) => new Column(choice))
    this.schedule()
  }

  /** Ends all workers. */
  end(): void {
    this.version++
    for (const column of this.columns) column.tokenizer.end()
    this.comparer.end({ code: 'CANCELLED', message: 'Cancelled' })
  }

  setInput(input: Input): void {
    this.input = input
    this.problem = null
    this.refused = null
    this.schedule()
  }

  setPolicy(specials: Specials | null, template: boolean): void {
    this.specials = specials
    this.template = template
    this.schedule()
  }

  /** The next choice that is not on the page, if there is room. */
  get addable(): Choice | null {
    if (this.columns.length >= MOST_COLUMNS) return null
    return this.choices.find((choice) => !this.columns.some((column) => column.choice === choice)) ?? null
  }

  add(choice: Choice): void {
    this.columns = [...this.columns, new Column(choice)]
    this.schedule()
  }

  remove(column: Column): void {
    column.tokenizer.end()
    this.columns = this.columns.filter((other) => other !== column)
    if (this.place?.column === column) this.place = null
    this.schedule()
  }

  choose(column: Column, key: string): void {
    const choice = this.choices.find((other) => other.key === key)
    if (!choice || choice === column.choice) return
    column.tokenizer.end()
    this.columns = this.columns.map((other) => (other === column ? new Column(choice) : other))
    this.schedule()
  }

  setTemplate(column: Column, template: string | null): void {
    column.ownTemplate = template
    this.schedule()
  }

  /** A dropped or chosen file: a tokenizer by its name, otherwise something to tokenize. */
  async take(file: File, as: 'either' | 'text' | 'tokenizer' = 'either'): Promise<void> {
    this.problem = null
    this.refused = null
    const tokenizer = as === 'tokenizer' || (as === 'either' && looksLikeTokenizer(file.name))
    try {
      if (tokenizer) await this.takeTokenizer(file)
      else await this.takeText(file)
    } catch (error) {
      const problem = problemOf(error)
      this.problem = { ...problem, message: `${file.name}: ${problem.message}` }
      if (tokenizer) this.refused = file
    }
  }

  /** Ends what is running; what is done stays. */
  cancel(): void {
    this.version++
    for (const column of this.columns) {
      if (column.phase === 'ready' || column.phase === 'failed') continue
      column.tokenizer.end()
      column.phase = 'failed'
      column.problem = { code: 'CANCELLED', message: 'You cancelled this. Choose Try again to run it.' }
    }
  }

  /** Runs everything anew at the next frame; several changes in one frame are one run. */
  schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    requestAnimationFrame(() => {
      this.scheduled = false
      void this.run()
    })
  }

  private async run(): Promise<void> {
    const version = ++this.version
    const { columns, input } = this
    this.differences = null
    if (this.place && !columns.includes(this.place.column)) this.place = null
    const typed = input.kind === 'text' ? utf8Encode(input.text) : null
    for (const column of columns) {
      // A short text is done before anyone could read "busy"; a flicker at each key would be worse.
      if (column.phase !== 'ready' || input.kind === 'file') {
        column.phase = column.loaded ? 'busy' : 'loading'
        column.progress = 0
      }
    }
    await Promise.all(columns.map((column) => this.runColumn(column, version, input, typed)))
    const ready = columns.filter((column) => column.phase === 'ready')
    if (version !== this.version || input.kind === 'chat' || ready.length < 2) {
      if (version === this.version) for (const column of columns) column.marks = null
      return
    }
    try {
      const ends = ready.map((column) => column.result!.tokens.ends)
      const found = await this.comparer.call('compare', { ends })
      if (version !== this.version) return
      ready.forEach((column, i) => (column.marks = found.marks[i]!))
      // Tokens of a failed column would shift the positions that the list uses.
      this.differences = ready.length === columns.length ? { first: found.first, total: found.total } : null
    } catch (error) {
      if (version === this.version) this.problem = problemOf(error)
    }
  }

  private async runColumn(
    column: Column,
    version: number,
    input: Input,
    typed: Uint8Array | null,
  ): Promise<void> {
    const { tokenizer } = column
    try {
      column.loaded = await tokenizer.load()
      if (version !== this.version) return
      if (column.phase === 'loading') column.phase = 'busy'
      let bytes = typed ?? new Uint8Array(0)
      if (input.kind === 'file') bytes = input.bytes
      if (input.kind === 'chat') {
        const { messages, addGenerationPrompt } = input
        bytes = utf8Encode(
          await tokenizer.call('chat', { template: column.template, messages, addGenerationPrompt }),
        )
      }
      const chat = input.kind === 'chat'
      const options = chat
        ? ({ specials: 'parse', template: false } as const)
        : { specials: this.specials, template: this.template }
      const tokens = await tokenizer.call('encode', { document: bytes, ...options }, (done) => {
        if (version === this.version) column.progress = done
      })
      if (version !== this.version) return
      column.marks = null
      column.result = { tokens, bytes, units: new Utf16Index(bytes) }
      column.problem = null
      column.phase = 'ready'
      if (this.place?.column === column && this.place.index >= tokens.ids.length) this.place = null
    } catch (error) {
      if (version !== this.version) return
      column.problem = problemOf(error)
      column.result = null
      column.phase = 'failed'
      if (this.place?.column === column) this.place = null
    }
  }

  private async takeTokenizer(file: File): Promise<void> {
    // The vocabulary of a GGUF file is in its head; the weights behind it are not read.
    const readable = /\.gguf$/i.test(file.name) ? file.slice(0, MOST_TOKENIZER) : file
    if (readable.size > MOST_TOKENIZER) throw tooLarge(file, MOST_TOKENIZER)
    const source = { fileName: file.name, bytes: new Uint8Array(await readable.arrayBuffer()) }
    const tokenizer = new RemoteTokenizer(source)
    try {
      await tokenizer.load()
    } catch (error) {
      tokenizer.end()
      throw error
    }
    const key = `file:${crypto.randomUUID()}`
    const choice = { key, label: file.name, licence: null, title: file.name, source }
    this.choices = [...this.choices, choice]
    const last = this.columns.length >= MOST_COLUMNS ? MOST_COLUMNS - 1 : this.columns.length
    for (const column of this.columns.slice(last)) column.tokenizer.end()
    this.columns = [...this.columns.slice(0, last), new Column(choice, tokenizer)]
    this.schedule()
  }

  private async takeText(file: File): Promise<void> {
    if (file.size > MOST_DOCUMENT) throw tooLarge(file, MOST_DOCUMENT)
    const bytes = new Uint8Array(await file.arrayBuffer())
    if (bytes.length <= MOST_TYPED) {
      try {
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
        // A text field turns every line end into \n, which would change the tokens.
        if (!text.includes('\r')) return this.setInput({ kind: 'text', text })
      } catch {
        // Not UTF-8: shown as a file.
      }
    }
    this.setInput({ kind: 'file', name: file.name, bytes })
  }
}

function choiceOf(info: BuiltinTokenizer): Choice {
  return {
    key: `builtin:${info.name}`,
    label: info.name,
    licence: info.licence,
    title: info.title,
    source: { builtin: info.name },
  }
}

function looksLikeTokenizer(name: string): boolean {
  return /\.(model|gguf|tiktoken|tess)$|tokenizer[^/]*\.json$/i.test(name)
}

function tooLarge(file: File, limit: number): TesseraError {
  return new TesseraError('FILE_TOO_LARGE', `${file.size} bytes; the page reads at most ${limit}`, {
    where: file.name,
    hint: 'Use the command line for larger files: tessera encode FILE',
  })
}
