// Sizes of models that a person can train on their own processor.
import type { ModelSize } from './pretrain.ts'

export const SIZES = {
  /** 0.4 M parameters beside the embeddings: minutes. */
  tiny: { dim: 128, layers: 2, heads: 4, kvHeads: 4, hidden: 344, maxPositions: 512 },
  /** 4.7 M: an hour or two. */
  small: { dim: 256, layers: 6, heads: 4, kvHeads: 4, hidden: 688, maxPositions: 512 },
  /** 25 M: days on a processor. */
  medium: { dim: 512, layers: 8, heads: 8, kvHeads: 8, hidden: 1376, maxPositions: 1024 },
} as const satisfies Record<string, ModelSize>

export type SizeName = keyof typeof SIZES
