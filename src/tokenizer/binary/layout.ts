// The id layout of the Binary BPE family (Bommarito 2025, arXiv 2511.17573): seven special tokens, then
// the 256 bytes, then the merges in the order in which they were learned. Because every member of the
// family keeps this order, the vocabulary of size v is simply the first v ids.

/** Ids 0 to 6. No byte of a file ever becomes one of them; they are for the model that reads the ids. */
export const BINARY_SPECIALS: readonly string[] = [
  '<|start|>',
  '<|end|>',
  '<|pad|>',
  '<|unk|>',
  '<|cls|>',
  '<|sep|>',
  '<|mask|>',
]

/** Byte b has id b + 7. */
export const FIRST_BYTE_ID: number = BINARY_SPECIALS.length
/** Merge number m (from 0) makes id m + 263. */
export const FIRST_MERGE_ID: number = FIRST_BYTE_ID + 256

/** The sizes of the published family. */
export const PUBLISHED_SIZES: readonly number[] = [4096, 8192, 16384, 32768, 65536]

/** Longest token of the published family, in bytes. */
export const MAX_TOKEN_BYTES = 16
/** Bytes per training chunk of the published family; no merge crosses a chunk's end. */
export const CHUNK_BYTES = 8192

export function mergesOfSize(size: number): number {
  return size - FIRST_MERGE_ID
}
