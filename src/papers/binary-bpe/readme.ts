// The figures of this paper's README, written from `result.json` by the experiment, never by hand.
import type { BinaryBpeResult } from './result.ts'
import { resultTables } from './tables.ts'

const BEGIN = '<!-- figures: written by the experiment from result.json -->'
const END = '<!-- end of figures -->'

/** The text with everything between its two marks replaced; unchanged when it has no marks. */
export function withFigures(readme: string, result: BinaryBpeResult): string {
  const from = readme.indexOf(BEGIN)
  const to = readme.indexOf(END)
  if (from < 0 || to < from) return readme
  return `${readme.slice(0, from + BEGIN.length)}\n\n${figures(result)}\n\n${readme.slice(to)}`
}

function figures(result: BinaryBpeResult): string {
  const { machine, training, lossless } = result
  const origin = [
    `Measured ${result.date} with seed ${result.seed} on ${machine.cpu} (${machine.cores} cores, ${machine.system},`,
    `Node ${result.versions.node}). Training: ${(training.bytes / 1e6).toFixed(1)} MB of`,
    `${training.files} files, ${training.seconds} s for all sizes. Test: ${lossless.of} files of other vendors,`,
    `${lossless.files} of them decoded to the same bytes at every size.`,
    `The paper's scale: ${result.paper_scale.charAt(0).toLowerCase()}${result.paper_scale.slice(1)}.`,
  ].join(' ')
  const tables = resultTables(result).map(({ title, columns, rows }) => {
    const line = (cells: readonly (string | number | null)[]) =>
      `| ${cells.map((c) => c ?? '–').join(' | ')} |`
    const numeric = (c: number) => rows.length > 0 && rows.every((row) => typeof row[c] === 'number')
    const rule = `| ${columns.map((_, c) => (numeric(c) ? '--:' : '---')).join(' | ')} |`
    return `### ${title}\n\n${[line(columns), rule, ...rows.map(line)].join('\n')}`
  })
  return [origin, ...tables].join('\n\n')
}
