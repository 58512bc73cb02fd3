// Lengths of icons as sequences: bytes, text tokens before and after the canonical form, atomic ids, segments.
import type { Command, Drawing, SvgTokens, TextBase } from '../../tokenizer/index.ts'
import type { Icon } from './corpus.ts'

/** A drawing and its lengths that no training changes. */
export interface Prepared {
  icon: Icon
  drawing: Drawing
  /** The canonical drawing as text. */
  text: string
  /** Atomic ids, text left out. */
  atoms: number
  /** Of atoms: those inside of paths. */
  pathAtoms: number
  /** Attributes as tokens of each base, by its name. */
  attributes: Record<string, number>
  /** Path data of the file, where it draws with paths only; null otherwise. */
  pathData: string | null
  zeroMoves: number
}

export function prepareIcon(
  svg: SvgTokens,
  icon: Icon,
  canvas: number,
  bases: readonly TextBase[],
): Prepared {
  const { drawing, report } = svg.canonicalise(icon.text, canvas)
  const attributes: Record<string, number> = {}
  let atoms = 0
  let pathAtoms = 0
  for (const base of bases) {
    const tokenizer = new svg.SvgTokenizer({ canvas, base })
    const ids = tokenizer.encodeDrawing(drawing)
    const firstInPath = base.size + tokenizer.layout.firstCommand
    attributes[base.name] = ids.reduce((n, id) => n + (id < base.size ? 1 : 0), 0)
    pathAtoms = ids.reduce((n, id) => n + (id >= firstInPath ? 1 : 0), 0)
    atoms = ids.length - attributes[base.name]!
  }
  return {
    icon,
    drawing,
    text: svg.drawingText(drawing),
    atoms,
    pathAtoms,
    attributes,
    pathData: pathDataOf(icon.text),
    zeroMoves: report.zeroMoves,
  }
}

function pathDataOf(text: string): string | null {
  if (/<(rect|circle|ellipse|line|polyline|polygon|use)\b|transform=/.test(text)) return null
  return [...text.matchAll(/\sd=["']([^"']*)["']/g)].map((match) => match[1]).join('\n')
}

/** Tokens of all paths of a drawing, single paths contracted. */
export type PathCounter = (commands: readonly Command[]) => number

/** Counts what a vocabulary of segments leaves of the paths' atomic ids. */
export function segmentCounter(
  svg: SvgTokens,
  vocabulary: InstanceType<SvgTokens['SegmentVocabulary']>,
): PathCounter {
  const tokenizer = new svg.SvgTokenizer({ segments: vocabulary })
  const { layout, firstAtom } = tokenizer
  return (commands) => {
    const ids: number[] = []
    for (const { letter, args } of commands) {
      ids.push(firstAtom + layout.command(letter))
      const kinds = svg.ARGUMENTS.get(letter)!
      kinds.forEach((kind, i) => ids.push(firstAtom + layout.argument(kind, args[i]!)))
    }
    return tokenizer.contract(ids).length
  }
}
