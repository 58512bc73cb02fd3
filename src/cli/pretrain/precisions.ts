// What a saved model loses when its weights are held in fewer bits: bits per byte of each precision on the same
// held-out text.
import { score } from '../../decode/index.ts'
import { loadModel, type PrecisionName } from '../../model/index.ts'

const PRECISIONS = ['fp32', 'int8', 'int4'] as const

export type ByPrecision = Record<PrecisionName, number>

/** Characters of each kind that are scored; the first documents have them. */
const CHARACTERS = 64_000

/** By kind of text. Documents and windows are other ones than those of the card's first figures: compare along a row. */
export async function precisionsOf(
  folder: string,
  heldOut: ReadonlyMap<string, readonly string[]>,
): Promise<Record<string, ByPrecision>> {
  const figures: Record<string, Partial<ByPrecision>> = {}
  for (const precision of PRECISIONS) {
    const model = await loadModel(folder, { precision })
    try {
      for (const [kind, texts] of heldOut) {
        let [bits, bytes, left] = [0, 0, CHARACTERS]
        for (const text of texts) {
          if (left <= 0) break
          const part = text.slice(0, left)
          left -= part.length
          if (part === '') continue
          const scored = await score(model, part)
          if (scored.bytes === 0) continue
          bits += scored.bitsPerByte * scored.bytes
          bytes += scored.bytes
        }
        if (bytes > 0) (figures[kind] ??= {})[precision] = bits / bytes
      }
    } finally {
      await model.release()
    }
  }
  return figures as Record<string, ByPrecision>
}
