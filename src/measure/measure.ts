// A whole stream of documents through one tokenizer.
import { throwIfCancelled, type LongWork } from '../core/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { TokenMeter, type Measurement, type MeterOptions } from './meter.ts'

/** Documents: texts, or raw bytes for tokenizers that take them. */
export type Documents = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

export interface MeasureOptions extends MeterOptions, LongWork {
  /** Of the shuffled control. Default 1. */
  seed?: number
}

/** Gives way to the event loop when a slice of time is over. Throws CANCELLED. */
export function pauses(signal: AbortSignal | undefined, everyMs = 40): () => Promise<void> | undefined {
  let until = performance.now() + everyMs
  return () => {
    if (performance.now() < until) return undefined
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      throwIfCancelled(signal)
      until = performance.now() + everyMs
    })
  }
}

/**
 * Measures a tokenizer on documents, one after another: none is kept. Throws what `encode` throws, and
 * CANCELLED.
 */
export async function measure(
  tokenizer: Tokenizer,
  documents: Documents,
  options: MeasureOptions = {},
): Promise<Measurement> {
  throwIfCancelled(options.signal)
  const meter = new TokenMeter(tokenizer, options)
  const pause = pauses(options.signal)
  for await (const document of documents) {
    meter.add(document)
    options.onProgress?.({ stage: `measuring ${tokenizer.name}`, done: meter.sums.count, unit: 'items' })
    await pause()
  }
  return meter.report(options)
}
