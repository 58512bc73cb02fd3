// ONNX Runtime's profile, summed by operator.
import { TesseraError } from '../../core/index.ts'

export interface OperatorTime {
  operator: string
  /** Of all runs. */
  calls: number
  /** Milliseconds of all runs. */
  time: number
  /** Of the time in operators. */
  share: number
}

interface ProfileEvent {
  cat: string
  name: string
  dur: number
  args?: { op_name?: string }
}

/** Of the JSON that a profile's file holds, the longest first. Throws FORMAT_INVALID. */
export function profileByOperator(json: string): OperatorTime[] {
  let events: unknown
  try {
    events = JSON.parse(json)
  } catch (cause) {
    throw new TesseraError('FORMAT_INVALID', 'The profile is no JSON', { cause })
  }
  if (!Array.isArray(events)) throw new TesseraError('FORMAT_INVALID', 'The profile is no list of events')
  const sums = new Map<string, OperatorTime>()
  let total = 0
  for (const { cat, name, dur, args } of events as ProfileEvent[]) {
    const operator = args?.op_name
    if (cat !== 'Node' || !name?.endsWith('_kernel_time') || operator === undefined) continue
    const sum = sums.get(operator) ?? { operator, calls: 0, time: 0, share: 0 }
    sum.calls++
    sum.time += dur / 1000
    total += dur / 1000
    sums.set(operator, sum)
  }
  return [...sums.values()]
    .map((sum) => ({ ...sum, share: total > 0 ? sum.time / total : 0 }))
    .sort((a, b) => b.time - a.time)
}

/** As lines of text. */
export function profileText(times: readonly OperatorTime[]): string {
  const total = times.reduce((sum, { time }) => sum + time, 0)
  const rows = times.map(({ operator, calls, time, share }) => {
    return `${time.toFixed(2).padStart(10)} ms ${(100 * share).toFixed(1).padStart(5)} % ${String(calls).padStart(7)} × ${operator}`
  })
  return [`${total.toFixed(2).padStart(10)} ms in operators`, ...rows].join('\n')
}
