// Progress and cancellation of long work: one callback shape and one way to stop, shared by trainers,
// experiments and batch jobs.
import { TesseraError } from './errors.ts'

export interface Progress {
  /** What is being done now, in words a person reads: "counting words", "merging". */
  stage: string
  done: number
  /** Absent while the end is not known (a stream of unknown length). */
  total?: number
  unit: 'bytes' | 'files' | 'merges' | 'items'
}

export type OnProgress = (progress: Progress) => void

export interface LongWork {
  onProgress?: OnProgress
  signal?: AbortSignal
}

/** Throws CANCELLED when the signal has fired. Call it every few milliseconds of work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new TesseraError('CANCELLED', 'The work was cancelled', { cause: signal.reason })
  }
}
