// The way to dynamic tokenization from the door: its code is loaded when it is called for.
import type * as dynamic from './dynamic/index.ts'
import type { Tokenizer } from './types.ts'

export type {
  BaseOptions,
  BaseText,
  BatchState,
  Boundary,
  DynamicBatch,
  DynamicOptions,
  DynamicText,
  DynamicToken,
  DynamicTokenizer,
  EmbeddingsForTokens,
  EncodeBatchOptions,
  EncodedBatch,
  Merge,
  MergeOptions,
  ReductionTable,
  RowCache,
  SourceRange,
  TokenRows,
} from './dynamic/index.ts'

/** Everything about dynamic tokenization; see `dynamic/index.ts`. */
export function loadDynamic(): Promise<typeof dynamic> {
  return import('./dynamic/index.ts')
}

/**
 * Dynamic tokenization over a tokenizer (arXiv 2411.18553):
 * `const { tokens, texts } = await (await dynamicTokenizer(base)).encode(batch, { reduction: 0.4 })`.
 * Throws ARGUMENT_INVALID.
 */
export async function dynamicTokenizer(
  tokenizer: Tokenizer,
  options: dynamic.DynamicOptions = {},
): Promise<dynamic.DynamicTokenizer> {
  const { DynamicTokenizer } = await loadDynamic()
  return new DynamicTokenizer(tokenizer, options)
}
