// The compact form (`.tess`): a tokenizer in a file that is a fraction of its tokenizer.json and loads in
// milliseconds.
//
//   0  "TESS"
//   4  version (1), three zero bytes
//   8  u32  length of the whole file
//  12  u32  xxHash32 of everything from byte 16 on
//  16  sections: tag (u8), length (varint), content
//
// Numbers are little-endian; varints are LEB128. A token is spelled out, or it is the join of two
// tokens with lower ids: a trained vocabulary is its own merge tree, so the ids of the two parts replace
// both the bytes of the token and, mostly, the merge list.

export const MAGIC: readonly number[] = [0x54, 0x45, 0x53, 0x53]
export const VERSION = 1
export const HEADER_BYTES = 16

/** Section tags. Every section but the header may be absent when it would be empty. */
export const SECTION = {
  /** UTF-8 JSON: name, components, added tokens, model settings. */
  header: 1,
  /** Runs of (shape, count) over the ids: shape 0 = hole, 1 = join of two, n + 1 = n bytes spelled out. */
  shapes: 2,
  /** Bytes of the tokens that are spelled out. */
  spelled: 3,
  /** Left parts of the joined tokens, one varint each. */
  lefts: 4,
  rights: 5,
  /** Ids outside the byte alphabet, as varint differences. */
  literals: 6,
  /** Merge list: the joined id (zigzag difference), its left and its right part, in three columns. */
  mergeIds: 7,
  mergeLefts: 8,
  mergeRights: 9,
  /** Unigram scores as float32 or float64 (the header says which). */
  scores: 10,
} as const

/**
 * Where the merges of a BPE are.
 * - `ranks`: nowhere: tiktoken's rule gives the same ids (proven when the file is written);
 * - `joins`: the joined tokens in id order are the merge list;
 * - `list`: in the merge sections.
 */
export type MergeForm = 'ranks' | 'joins' | 'list'

/** Longest token, in bytes. */
export const MAX_TOKEN_BYTES = 1 << 16
/** Tokens may be this many times larger than the file: joins of joins double in length. */
export const MAX_GROWTH = 32
