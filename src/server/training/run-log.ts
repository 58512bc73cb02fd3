// What is known of a run, in memory and on disk: `run.json` is its summary, replaced whole; `log.jsonl` grows by
// a line for each event. A run that goes back to a checkpoint forgets what came after it.
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TesseraError } from '../../core/index.ts'
import { readFileBounded, writeFileAtomic } from '../../core/node.ts'
import type { Evaluation, RunDetail, RunSummary, TextSample } from './protocol.ts'

type LogLine =
  | { losses: [step: number, loss: number][] }
  | { evaluation: Evaluation }
  | { sample: TextSample }
  /** All after this step has not happened. */
  | { back: number }

const MOST_LOG_BYTES = 64e6
/** Points of the loss curve that a page gets: more would not be seen. */
const MOST_POINTS = 1500

export class RunLog {
  readonly folder: string
  summary: RunSummary
  private losses: [step: number, loss: number][] = []
  private evaluations: Evaluation[] = []
  private samples: TextSample[] = []
  /** Writes follow each other. */
  private written: Promise<void> = Promise.resolve()

  constructor(folder: string, summary: RunSummary) {
    this.folder = folder
    this.summary = summary
  }

  /** Null for a folder that holds no run. */
  static async read(folder: string): Promise<RunLog | null> {
    try {
      const summary = JSON.parse(await text(join(folder, 'run.json'))) as RunSummary
      const log = new RunLog(folder, summary)
      const lines = await text(join(folder, 'log.jsonl')).catch(() => '')
      for (const line of lines.split('\n')) {
        try {
          if (line !== '') log.apply(JSON.parse(line) as LogLine)
        } catch {
          // A line that was being written when the process ended.
        }
      }
      return log
    } catch (cause) {
      if (cause instanceof TesseraError || cause instanceof SyntaxError) return null
      throw cause
    }
  }

  get detail(): RunDetail {
    const { losses, evaluations, samples } = this
    const every = Math.max(1, Math.ceil(losses.length / MOST_POINTS))
    const shown = every === 1 ? losses : meansOf(losses, every)
    return { ...this.summary, losses: shown, evaluations, samples }
  }

  get lastStep(): number {
    return this.losses.at(-1)?.[0] ?? 0
  }

  add(line: LogLine): void {
    this.apply(line)
    this.later(() => appendFile(join(this.folder, 'log.jsonl'), `${JSON.stringify(line)}\n`))
  }

  save(): void {
    const json = JSON.stringify(this.summary, null, 2)
    this.later(() => writeFileAtomic(join(this.folder, 'run.json'), json))
  }

  /** Resolves when all is on disk. */
  get saved(): Promise<void> {
    return this.written
  }

  private later(write: () => Promise<void>): void {
    // A full disk must not end the run, whose checkpoints tell of it themselves.
    this.written = this.written.then(write).catch((error: unknown) => console.error(error))
  }

  private apply(line: LogLine): void {
    if ('losses' in line) this.losses.push(...line.losses)
    else if ('evaluation' in line) this.evaluations.push(line.evaluation)
    else if ('sample' in line) this.samples.push(line.sample)
    else {
      this.losses = this.losses.filter(([step]) => step <= line.back)
      this.evaluations = this.evaluations.filter(({ step }) => step <= line.back)
      this.samples = this.samples.filter(({ step }) => step <= line.back)
    }
  }
}

async function text(path: string): Promise<string> {
  return new TextDecoder().decode(await readFileBounded(path, MOST_LOG_BYTES))
}

/** Means of so many points each, at their last step. */
function meansOf(losses: readonly [number, number][], every: number): [number, number][] {
  const means: [number, number][] = []
  for (let from = 0; from < losses.length; from += every) {
    const part = losses.slice(from, from + every)
    means.push([part.at(-1)![0], part.reduce((sum, [, loss]) => sum + loss, 0) / part.length])
  }
  return means
}
