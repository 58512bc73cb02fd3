// What a training run says on stderr when it has ended.
import type {
  SkippedFile,
  SupertokenReport,
  TrainBpeReport,
  TrainUnigramReport,
  TrainWordPieceReport,
  TwoStageReport,
} from '../../tokenizer/index.ts'

const LISTED = 8

/** Files that were left out, one a line, the first few by name. */
export function saySkipped(skipped: readonly SkippedFile[]): void {
  if (skipped.length === 0) return
  const lines = skipped.slice(0, LISTED).map(({ path, reason }) => `  ${path}: ${reason}\n`)
  const more =
    skipped.length > LISTED ? `  and ${skipped.length - LISTED} more (--json lists all of them)\n` : ''
  process.stderr.write(`Left out ${skipped.length} of the files:\n${lines.join('')}${more}`)
}

export type TrainReport =
  TrainBpeReport | TrainUnigramReport | TrainWordPieceReport | SupertokenReport | TwoStageReport

/** One line for the result, and one for each thing that did not go as asked. */
export function sayReport(output: string, format: string, vocabSize: number, report: TrainReport): void {
  const { bytes } = report
  const size =
    bytes < 1e3
      ? `${bytes} bytes`
      : bytes < 1e6
        ? `${(bytes / 1e3).toFixed(1)} kB`
        : `${(bytes / 1e6).toFixed(1)} MB`
  const seconds = Object.values(report.seconds)
    .reduce((sum, value) => sum + value, 0)
    .toFixed(1)
  const made = 'merges' in report ? `${report.merges} merges` : `${report.pieces} pieces`
  process.stderr.write(
    `${output}: ${format}, ${report.vocabSize} tokens (${made}) from ${size} in ${seconds} s\n`,
  )
  if ('exhausted' in report ? report.exhausted : report.vocabSize < vocabSize) {
    const what = 'merges' in report ? 'pairs' : 'substrings'
    process.stderr.write(
      `${vocabSize} tokens were asked for: the text has no more ${what} that are frequent enough (--min-frequency)\n`,
    )
  }
  if ('sampled' in report && report.sampled < 1) {
    process.stderr.write(`A part of ${report.sampled} of the text fitted into the memory budget (--memory)\n`)
  }
  if ('droppedWords' in report && report.droppedWords > 0) {
    process.stderr.write(`${report.droppedWords} rare words were beyond the memory budget (--memory)\n`)
  }
  if ('skipped' in report) saySkipped(report.skipped)
}
