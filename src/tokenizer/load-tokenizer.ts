// One call from a name, a path, a package or bytes to a tokenizer.
import { resolveTokenizer, type ResolveOptions, type TokenizerSource } from './load/index.ts'
import { createTokenizer } from './tokenizer.ts'
import type { Tokenizer } from './types.ts'

/**
 * Loads a tokenizer: a built-in name (`o200k_base`), a path to a file of any supported format or to a model
 * folder, an installed package, a URL, or the bytes of such a file.
 * Throws TOKENIZER_NOT_FOUND, FILE_NOT_FOUND, FORMAT_UNKNOWN, FORMAT_INVALID, FORMAT_UNSUPPORTED, ….
 */
export async function loadTokenizer(source: TokenizerSource, options?: ResolveOptions): Promise<Tokenizer> {
  return createTokenizer(await resolveTokenizer(source, options))
}
