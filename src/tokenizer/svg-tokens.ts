// SVG tokenizers are a part of this room that few programs need: it is loaded when it is asked for, so that
// neither a page nor a command that only tokenizes text pays for it.
import type * as Svg from './svg/index.ts'

export type SvgTokens = typeof Svg

/** `const { SvgTokenizer } = await svgTokens()` */
export function svgTokens(): Promise<SvgTokens> {
  return import('./svg/index.ts')
}
