// The elements of SVG by what becomes of them in a canonical drawing. Shapes and paths are drawn; an element that is
// in none of these lists is unknown: its children are kept.

/** Containers whose children are drawn in their place. */
export const CONTAINERS: ReadonlySet<string> = new Set(['g', 'svg', 'a', 'switch'])
/** Drawn only where something refers to them. */
export const BY_REFERENCE: ReadonlySet<string> = new Set([
  'defs',
  'symbol',
  'clipPath',
  'mask',
  'linearGradient',
  'radialGradient',
  'stop',
  'pattern',
  'marker',
  'filter',
])
/** Nothing to see. */
export const SILENT: ReadonlySet<string> = new Set([
  'title',
  'desc',
  'metadata',
  'style',
  'script',
  'view',
  'cursor',
])
/** Drawn by a browser, but not part of what is kept: noted as dropped. */
export const LOST: ReadonlySet<string> = new Set([
  'image',
  'foreignObject',
  'text',
  'tspan',
  'textPath',
  'video',
  'audio',
  'iframe',
  'canvas',
  'animate',
  'animateTransform',
  'animateMotion',
  'animateColor',
  'set',
  'discard',
  'hatch',
  'mesh',
  'solidcolor',
])
