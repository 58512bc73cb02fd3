// How much of each script a font draws.
import { Category, categoryTable, lookup, scriptNameOf } from '../unicode/index.ts'
import type { GlyphFont } from './font.ts'

export interface ScriptCoverage {
  /** Unicode's long name, with spaces. */
  script: string
  /** Assigned code points of the script (Unicode 16.0) in the range asked about. */
  characters: number
  /** Those with a glyph. */
  drawn: number
}

/** By script, the one with most characters first. `to` is exclusive; default: all of Unicode. */
export function coverageByScript(font: GlyphFont, from = 0, to = 0x110000): ScriptCoverage[] {
  const categories = categoryTable('huggingface')
  const scripts = new Map<string, ScriptCoverage>()
  for (let cp = from; cp < to; cp++) {
    const category = lookup(categories, cp)
    if (category === Category.Cn || category === Category.Cs || category === Category.Co) continue
    const script = scriptNameOf(cp).replaceAll('_', ' ')
    const entry = scripts.get(script) ?? { script, characters: 0, drawn: 0 }
    entry.characters++
    if (font.has(cp)) entry.drawn++
    scripts.set(script, entry)
  }
  return [...scripts.values()].sort((a, b) => b.characters - a.characters || (a.script < b.script ? -1 : 1))
}
