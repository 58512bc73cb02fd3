// Many texts at once, over worker threads when there is enough work for them.
import { TesseraError, throwIfCancelled } from '../../core/index.ts'
import { breath } from '../pace.ts'
import type { BatchOptions, EncodeOptions, Tokenizer } from '../types.ts'

/** Below this many UTF-16 units in all, handing work to threads costs more than it saves. */
const WORTH_THREADS = 1 << 19
/** After so many units on one thread the event loop runs: some milliseconds. */
const BREATH = 1 << 18

/**
 * Encodes each text as `tokenizer.encode` does, same order. Throws what `encode` throws, CANCELLED, and
 * ARGUMENT_INVALID for a number of threads out of range.
 */
export async function encodeBatch(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: BatchOptions,
): Promise<Uint32Array[]> {
  const { threads: wanted, signal, ...encodeOptions } = options
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= 256)) {
    throw new TesseraError('ARGUMENT_INVALID', `${wanted} threads`, {
      where: 'threads',
      hint: 'Ask for 1 to 256',
    })
  }
  throwIfCancelled(signal)
  let units = 0
  for (const text of texts) units += text.length
  const threads = await threadsFor(units, texts.length, wanted)
  if (threads <= 1) return encodeHere(tokenizer, texts, encodeOptions, signal)
  const { encodeInThreads } = await import(/* @vite-ignore */ './spread.ts')
  return encodeInThreads(tokenizer, texts, encodeOptions, signal, threads)
}

async function threadsFor(units: number, texts: number, wanted: number | undefined): Promise<number> {
  if (typeof process === 'undefined' || !process.versions?.node) return 1
  if (wanted === undefined && units < WORTH_THREADS) return 1
  const { threadsAvailable } = await import(/* @vite-ignore */ './pool.ts')
  if (!threadsAvailable) return 1
  const { availableParallelism } = await import(/* @vite-ignore */ 'node:os')
  return Math.min(texts, wanted ?? availableParallelism())
}

async function encodeHere(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: EncodeOptions,
  signal: AbortSignal | undefined,
): Promise<Uint32Array[]> {
  const rows: Uint32Array[] = []
  let units = 0
  for (const text of texts) {
    rows.push(tokenizer.encode(text, options))
    units += text.length
    if (units < BREATH) continue
    units = 0
    await breath()
    throwIfCancelled(signal)
  }
  return rows
}
