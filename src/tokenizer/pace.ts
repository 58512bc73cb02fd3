// Gives way to the event loop now and then, so that a page stays alive and a signal is heard during long sums.
import { throwIfCancelled, type LongWork, type Progress } from '../core/index.ts'

const MILLISECONDS = 25

/** Lets the event loop run once: at once in Node, after a timer's delay in a page. */
export function breath(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}

export class Pace {
  private readonly work: LongWork
  private last = performance.now()

  /** Throws CANCELLED when the signal has fired already. */
  constructor(work: LongWork) {
    this.work = work
    throwIfCancelled(work.signal)
  }

  due(): boolean {
    return performance.now() - this.last > MILLISECONDS
  }

  /** Reports, lets timers and signals run. Throws CANCELLED. */
  async rest(progress: Progress): Promise<void> {
    this.work.onProgress?.(progress)
    await new Promise((resolve) => setTimeout(resolve, 0))
    throwIfCancelled(this.work.signal)
    this.last = performance.now()
  }
}
