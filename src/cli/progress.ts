// One line on stderr that follows long work, and Ctrl-C that stops it in an orderly way. The line is shown
// only on a terminal: a log file gets none of it.
import { type LongWork, type Progress } from '../core/index.ts'

const EVERY_MS = 100

function amount(value: number, unit: Progress['unit']): string {
  if (unit !== 'bytes') return value.toLocaleString('en')
  return value < 1e6 ? `${(value / 1e3).toFixed(0)} kB` : `${(value / 1e6).toFixed(1)} MB`
}

/** "counting words 12.0 MB of 40.1 MB (30 %), 8.1 MB/s, 4 s left" */
export function progressLine({ stage, done, total, unit }: Progress, stageSeconds: number): string {
  const rate = stageSeconds > 0 ? done / stageSeconds : 0
  const parts = [`${stage} ${amount(done, unit)}`]
  if (total) parts[0] += ` of ${amount(total, unit)} (${Math.floor((100 * done) / total)} %)`
  if (rate > 0) {
    parts.push(
      unit === 'bytes' ? `${amount(rate, unit)}/s` : `${Math.round(rate).toLocaleString('en')} ${unit}/s`,
    )
    if (total && total > done) parts.push(`${Math.ceil((total - done) / rate)} s left`)
  }
  return parts.join(', ')
}

/**
 * A signal that fires when the process is asked to stop; `first` hears it, too. Asked again, the process ends at once
 * with 130. `end` gives the process its own ways back.
 */
export function interruption(
  signals: readonly NodeJS.Signals[],
  first = () => {},
): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130)
    first()
    controller.abort(new Error('Interrupted'))
  }
  for (const name of signals) process.on(name, interrupt)
  return {
    signal: controller.signal,
    end() {
      for (const name of signals) process.off(name, interrupt)
    },
  }
}

/**
 * Runs long work with progress on a terminal and a signal that Ctrl-C fires: the work then throws CANCELLED,
 * and the command ends with 130. A second Ctrl-C ends the process at once.
 */
export async function followed<T>(work: (how: Required<LongWork>) => Promise<T>): Promise<T> {
  const { stderr } = process
  let shown = 0
  let stage = ''
  let stageFrom = 0
  const onProgress = (progress: Progress) => {
    const now = performance.now()
    if (progress.stage !== stage) {
      stage = progress.stage
      stageFrom = now
    } else if (now - shown < EVERY_MS) {
      return
    }
    shown = now
    const line = progressLine(progress, (now - stageFrom) / 1000)
    stderr.write(`\r\x1b[K${line.slice(0, (stderr.columns ?? 80) - 1)}`)
  }
  const { signal, end } = interruption(['SIGINT'])
  try {
    return await work({ onProgress: stderr.isTTY ? onProgress : () => {}, signal })
  } finally {
    end()
    if (shown > 0) stderr.write('\r\x1b[K')
  }
}
