// What the experiment writes to `result.json` beside the rows that all papers share.
import type { ExperimentResult } from '../experiment/result.ts'

/** Sums over a set of icons. */
export interface Lengths {
  files: number
  bytes: number
  /** UTF-8 of the canonical drawing as text. */
  canonicalBytes: number
  /** Tokens of the files as text, by tokenizer; `bpe` is trained on such text. */
  raw: Record<string, number>
  /** Tokens of the canonical drawings as text. */
  canonical: Record<string, number>
  /** Tokens of attributes in our sequences, by base. */
  attributes: Record<string, number>
  /** Atomic ids, without attributes. */
  atoms: number
  /** The same with segments, by form, number of segments, and minimum frequency. */
  segments: { singles: boolean; size: number; minFrequency: number; tokens: number }[]
  /** Path data alone, of the files that have nothing else. */
  paths: {
    bytes: number
    o200k: number
    bpe: number
    canonicalBpe: number
    atoms: number
    /** With single commands. */
    segments: number
    /** Pairs only. */
    pairs: number
  }
}

export interface SplitResult {
  seed: number
  trainFiles: number
  trainCommands: number
  bpeSize: number
  heldOut: Lengths
  unseen: Lengths
}

export interface PictureResult {
  drawn: number
  /** dB, of the mean squared error over all pictures. */
  psnr: number
  /** Mean absolute difference of luminance, 0 to 1. */
  l1: number
  ssim: number
  ssimWorst: number
  ssimFifthPercentile: number
}

export interface FidelityResult {
  set: string
  files: number
  /** Detokenised to a file that is read again. */
  parsed: number
  /** Tokenised again to the same drawing. */
  stable: number
  /** Largest error of an end point along one axis, in canvas units, of drawings within the canvas. */
  farthestPoint: number
  /** Files with something clamped or clipped. */
  beyondCanvas: number
  ours: PictureResult
  /** Every relative distance rounded by itself. */
  drifting: PictureResult
}

export interface CanvasResult {
  canvas: number
  /** Size of the atomic vocabulary. */
  atomic: number
  /** Removed per file. */
  zeroMoves: number
  splits: SplitResult[]
  fidelity: FidelityResult[]
}

export type HivgResult = ExperimentResult<{
  settings: Record<string, unknown>
  canvases: CanvasResult[]
}>
