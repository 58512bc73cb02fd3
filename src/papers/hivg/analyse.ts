// The method on one file: its lengths as a sequence beside other ways of writing it, and what was left out.
import type { SegmentVocabulary, SvgNote, SvgTokens, TextBase, Tokenizer } from '../../tokenizer/index.ts'
import type { PaperFile } from '../paper.ts'

export interface FileReport {
  name: string
  bytes: number
  canvas: number
  lengths: { name: string; tokens: number }[]
  /** The detokenised drawing. */
  svg: string
  clamped: number
  clipped: number
  zeroMoves: number
  notes: SvgNote[]
}

export interface FileVocabularies {
  canvas: number
  segments: SegmentVocabulary
  /** The public tokenizer that the file's text is counted with, and that attributes go through. */
  tokenizer: Tokenizer
  base: TextBase
}

/** Throws what `tokenise` throws. */
export function analyse(
  svg: SvgTokens,
  file: PaperFile,
  { canvas, segments, tokenizer, base }: FileVocabularies,
): FileReport {
  const atomic = new svg.SvgTokenizer({ canvas, base })
  const contracted = new svg.SvgTokenizer({ segments, base })
  const { ids, drawing, report } = atomic.tokenise(file.bytes)
  const text = svg.drawingText(drawing)
  const count = (input: string | Uint8Array) => tokenizer.count(input, { specials: 'text', template: false })
  return {
    name: file.name,
    bytes: file.bytes.length,
    canvas,
    lengths: [
      { name: 'bytes', tokens: file.bytes.length },
      { name: `${tokenizer.name}, the file as it is`, tokens: count(file.bytes) },
      { name: `${tokenizer.name}, the canonical drawing as text`, tokens: count(text) },
      { name: `atomic tokens (attributes in ${base.name})`, tokens: ids.length },
      { name: `with ${segments.size} segments`, tokens: contracted.contract(ids).length },
    ],
    svg: text,
    clamped: report.clamped,
    clipped: report.clipped,
    zeroMoves: report.zeroMoves,
    notes: report.notes,
  }
}
