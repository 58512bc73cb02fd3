// All papers of the feed, in the order of their rooms. Facts are the feed's; the sentences are ours.
import type { CatalogueEntry } from '../paper.ts'
import { DECODE_PAPERS } from './decode.ts'
import { EMBED_PROBE_VISION_PAPERS } from './embed-probe-vision.ts'
import { MODEL_PAPERS } from './model.ts'
import { TOKENIZER_PAPERS } from './tokenizer.ts'

export const CATALOGUE: readonly CatalogueEntry[] = [
  ...TOKENIZER_PAPERS,
  ...DECODE_PAPERS,
  ...MODEL_PAPERS,
  ...EMBED_PROBE_VISION_PAPERS,
]
