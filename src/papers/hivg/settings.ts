// What the experiment is run with, fixed beforehand.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'

export const SETTINGS = {
  canvases: [784, 224, 64],
  sizes: [100, 500, 1000, 2000],
  minFrequency: 5,
  minFrequencies: [5, 20, 50, 100],
  seeds: 3,
  /** Sets whose pictures are compared before and after. */
  rendered: ['bootstrap-icons', 'lucide-static'],
}
/** Segments of the vocabularies that ship, and of the compared rows. */
export const COMPARED = 500
/** Public tokenizers: the paper's kind, which cuts numbers into single digits, and one that does not. */
export const PUBLIC = ['qwen3', 'o200k_base']

/** Lets the event loop turn between two parts of long work. Throws CANCELLED. */
export async function breathe({ signal }: LongWork): Promise<void> {
  throwIfCancelled(signal)
  await new Promise((resolve) => setTimeout(resolve))
}
