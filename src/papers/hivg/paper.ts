// Hierarchical SVG Tokenization: Learning Compact Visual Programs for Scalable Vector Graphics Modeling (Xing et
// al. 2026, arXiv 2604.05072). The method is in `tokenizer/svg`; here it runs on a person's SVG files, or as the
// part of the paper's experiment that needs no model.
import { throwIfCancelled } from '../../core/index.ts'
import { loadTokenizer, svgTokens } from '../../tokenizer/index.ts'
import { readResult } from '../experiment/result-file.ts'
import { experimentReport } from '../experiment/tables.ts'
import { filesOf } from '../input.ts'
import type { PaperInput, PaperReport, RunOptions } from '../paper.ts'
import { analyse, type FileReport } from './analyse.ts'
import type { HivgResult } from './result.ts'
import { fileTable, resultTables } from './tables.ts'

export type { FileReport as SvgFileReport } from './analyse.ts'

export interface HivgOptions extends RunOptions {
  /** Canvas with a segment vocabulary that ships: 64, 224 or 784. Default 224. */
  canvas?: number
}

export type HivgReport = { files: FileReport[] } | { experiment: HivgResult }

export const hivg = {
  result: () => readResult(new URL('./result.json', import.meta.url)) as Promise<HivgResult | null>,

  /**
   * Tokenises SVG files, or with `experiment` runs the experiment (Node only; a few minutes; needs the icon
   * packages and the rasteriser, which a checkout has; there it also writes `vocabularies/svg-*.json`).
   * Throws ARGUMENT_INVALID, CANCELLED, what reading an SVG throws, and FILE_NOT_FOUND for missing packages.
   */
  async run(input: PaperInput, options: HivgOptions = {}): Promise<PaperReport<HivgReport>> {
    if (options.experiment) {
      const { runExperiment } = await import('./experiment.ts')
      return experimentReport(await runExperiment(options), resultTables)
    }
    const files = filesOf(input, { what: 'file to tokenise', files: 'SVG files' })
    const svg = await svgTokens()
    const tokenizer = await loadTokenizer('o200k_base')
    const { canvas = 224 } = options
    const segments = await svg.builtinSegments(canvas)
    const vocabularies = { canvas, segments, tokenizer, base: svg.textBase(tokenizer) }
    const reports: FileReport[] = []
    for (const [i, file] of files.entries()) {
      throwIfCancelled(options.signal)
      options.onProgress?.({ stage: `tokenising ${file.name}`, done: i, total: files.length, unit: 'files' })
      reports.push(analyse(svg, file, vocabularies))
    }
    return {
      tables: reports.map(fileTable),
      notes: reports.flatMap(noteLines),
      data: { files: reports },
    }
  },
}

function noteLines({ name, notes, clamped, clipped, zeroMoves }: FileReport): string[] {
  const lines = notes.map(
    ({ kind, what, count }) => `${name}: ${kind}: ${what}${count > 1 ? ` (${count} times)` : ''}`,
  )
  const counted = [
    ['coordinates out of range, clamped', clamped],
    ['sub-paths outside of the canvas, left out', clipped],
    ['commands that move nowhere, left out', zeroMoves],
  ] as const
  for (const [what, count] of counted) if (count > 0) lines.push(`${name}: ${what}: ${count}`)
  return lines
}
