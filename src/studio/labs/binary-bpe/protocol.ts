// What the lab and its worker say to each other.
import type { Executable } from '../../../tokenizer/index.ts'

export interface FamilyMember {
  size: number
  tokens: number
  /** `[sections]` tokens that begin in each section. */
  bySection: Uint32Array
}

export interface Analysis {
  format: Executable['format']
  architectures: string[]
  sections: Executable['sections']
  /** From the smallest vocabulary to the largest. */
  family: FamilyMember[]
  /** `[blocks]` bytes per token along the file, at the largest size, in equal blocks. */
  profile: Float32Array
}

/** The tokens of the file under one member of the family. */
export interface View {
  /** `[tokens]` */
  ids: Uint32Array
  /** `[tokens]` byte behind each token; the next one begins there. */
  ends: Uint32Array
}

export type BinaryCalls = {
  analyse: { input: { bytes: Uint8Array }; output: Analysis }
  view: { input: { size: number }; output: View }
  /** Tokens of the same bytes under a vocabulary made for text. */
  textBaseline: { input: { name: string }; output: number }
}
