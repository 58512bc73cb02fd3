// Pictures of tokens and the frozen vectors made of them. Runs in a browser.
export type { GlyphFont, GlyphImage } from './font.ts'
export { readTrueType } from './truetype.ts'
export { PixelFont, readPixelFont, writePixelFont } from './pixel-font.ts'
export { shippedFont } from './shipped-font.ts'
export { Painter, type PictureOptions } from './picture.ts'
export type { Jitter } from './jitter.ts'
export { BitRows } from './bit-rows.ts'
export { polarOrder } from './polar.ts'
export {
  glyphTable,
  tableOfPictures,
  tokenPictures,
  varianceKept,
  type GlyphTable,
  type GlyphTableOptions,
} from './glyph-table.ts'
export { nearestRows, PictureIndex, type Neighbour } from './neighbours.ts'
export { collisions } from './collisions.ts'
export { coverageByScript, type ScriptCoverage } from './coverage.ts'
