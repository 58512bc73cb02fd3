// The figures of a paper's README, written by its experiment, never by hand: everything between two marks.
import type { ReportTable } from '../paper.ts'
import type { ExperimentResult } from './result.ts'
import { resultTable, publishedTable } from './tables.ts'

const BEGIN = '<!-- figures: written by the experiment from result.json -->'
const END = '<!-- end of figures -->'

/** The text with everything between its two marks replaced; unchanged when it has no marks. */
export function withFigures(readme: string, figures: string): string {
  const from = readme.indexOf(BEGIN)
  const to = readme.indexOf(END)
  if (from < 0 || to < from) return readme
  return `${readme.slice(0, from + BEGIN.length)}\n\n${figures}\n\n${readme.slice(to)}`
}

/** Markdown: where the result comes from, its notes, its rows, further tables, and the paper's own figures. */
export function figuresOf(result: ExperimentResult, further: readonly ReportTable[] = []): string {
  const { machine, versions } = result
  const origin =
    `Measured ${result.date} with \`${result.command}\`, seed ${result.seed}, on ${machine.cpu} ` +
    `(${machine.cores} cores, ${machine.system}, Node ${versions.node}); ${result.scale}.`
  const notes = result.notes.map((note) => `- ${note}`).join('\n')
  const tables = [resultTable(result), ...further, publishedTable(result)]
  return [origin, ...(notes === '' ? [] : [notes]), ...tables.map(tableMarkdown)].join('\n\n')
}

function tableMarkdown({ title, columns, rows }: ReportTable): string {
  const line = (cells: readonly (string | number | null)[]) =>
    `| ${cells.map((cell) => String(cell ?? '–').replaceAll('|', '\\|')).join(' | ')} |`
  const numeric = (c: number) => rows.length > 0 && rows.every((row) => typeof row[c] === 'number')
  const rule = `| ${columns.map((_, c) => (numeric(c) ? '--:' : '---')).join(' | ')} |`
  return `### ${title}\n\n${[line(columns), rule, ...rows.map((row) => line(row))].join('\n')}`
}
