// What the lab and its worker say to each other.
import type { CanonicalReport, SvgStep } from '../../../tokenizer/index.ts'

export interface CanvasSize {
  canvas: number
  atomic: number
  segments: number
  /** Distance that rounding moved the end points by, in units of this canvas. */
  meanError: number
  largestError: number
  clamped: number
}

export interface Analysis {
  canvas: number
  width: number
  height: number
  /** The canonical drawing as a file of its own. */
  text: string
  /** Path data of all its paths, made of numbers that were read, never of the file's own text. */
  paths: string[]
  lengths: { name: string; tokens: number; own: boolean }[]
  /** One for each canvas that ships. */
  canvases: CanvasSize[]
  report: CanonicalReport
  /** Segments that the vocabulary has in all. */
  segments: number
  steps: number
}

export interface LabStep extends SvgStep {
  /** First id. */
  id: number
  /** Names of its tokens, for structure and drawn steps. */
  tokens: string[]
  /** Atomic tokens that it stands for. */
  atoms: number
  /** Place among the segments of the sequence, which gives the colour; -1 for other steps. */
  nth: number
}

export type SvgCalls = {
  /** `segments`: how many of the vocabulary are used. */
  analyse: { input: { svg: string | Uint8Array; canvas: number; segments: number }; output: Analysis }
  /** Steps `[from, from + PAGE)` of the last analysis. */
  steps: { input: { from: number }; output: LabStep[] }
}

/** Steps that the page holds at a time. */
export const PAGE = 1500
/** Segments of the vocabularies that ship. */
export const MOST_SEGMENTS = 500
