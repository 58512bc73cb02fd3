// What the lab and its worker say to each other.
export interface SvgTile {
  text: string
  /** The piece of the drawing that the token belongs to, or -1. */
  piece: number
}

export interface SvgView {
  canvas: number
  width: number
  height: number
  /** The canonical drawing as an SVG file. */
  canonical: string
  /** Path data of what each command or segment draws, from where the pen is. */
  pieces: string[]
  tiles: SvgTile[]
  counts: { name: string; tokens: number }[]
  notes: { what: string; count: number }[]
}

export type HivgCalls = {
  tokenise: { input: { svg: string; canvas: number; segments: boolean }; output: SvgView }
}
