// The segment vocabularies that ship: 500 segments for each canvas, single commands among them, learned from the
// icons of three npm packages by the experiment of src/papers/hivg.
import { TesseraError } from '../../core/index.ts'
import { type ResolveOptions, shippedFile } from '../load/resolve.ts'
import { CANVASES } from './layout.ts'
import { SegmentVocabulary } from './segments.ts'

/** `base`: where a page finds the folder of vocabularies. Throws ARGUMENT_INVALID for a canvas without one. */
export async function builtinSegments(
  canvas: number,
  options: Pick<ResolveOptions, 'base' | 'signal'> = {},
): Promise<SegmentVocabulary> {
  if (!(CANVASES as readonly number[]).includes(canvas)) {
    throw new TesseraError('ARGUMENT_INVALID', `No segment vocabulary ships for canvas ${canvas}`, {
      where: 'canvas',
      hint: `There is one for ${CANVASES.join(', ')}; for others learn one with trainSegments`,
    })
  }
  return SegmentVocabulary.read(await shippedFile(segmentFile(canvas), options))
}

/** Its name in the folder `vocabularies/`. */
export function segmentFile(canvas: number): string {
  return `svg-${canvas}.json`
}
