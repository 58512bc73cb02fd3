// A result's rows as tables for a terminal, a README or a page.
import type { PaperReport, ReportTable } from '../paper.ts'
import type { ExperimentResult, Spread } from './result.ts'

/** Four significant digits; whole numbers stay whole. */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4))
}

function spreadText(spread: Spread | null): string | null {
  if (spread === null) return null
  return `± ${rounded(spread.deviation)} over ${spread.count} ${spread.over}`
}

/** Every row beside its baseline and the paper's figure. */
export function resultTable(result: ExperimentResult): ReportTable {
  return {
    title: 'Measured here, beside the paper',
    columns: ['metric', 'setting', 'baseline', 'paper', 'ours', 'unit', 'spread'],
    rows: result.rows.map(({ metric, setting, baseline, paper, ours, unit, spread }) => [
      metric,
      setting,
      baseline && `${rounded(baseline.value)} (${baseline.name})`,
      paper,
      rounded(ours),
      unit,
      spreadText(spread),
    ]),
  }
}

/** The figures that the paper states. */
export function publishedTable(result: ExperimentResult): ReportTable {
  return {
    title: "The paper's figures",
    columns: ['metric', 'setting', 'value', 'read in'],
    rows: result.paper.map(({ metric, setting, value, note }) => [
      metric,
      setting,
      value,
      note ?? 'the paper',
    ]),
  }
}

/** A finished experiment as its paper reports it; `details`: the tables between its rows and the paper's figures. */
export function experimentReport<Result extends ExperimentResult>(
  experiment: Result,
  details: (experiment: Result) => readonly ReportTable[],
): PaperReport<{ experiment: Result }> {
  return {
    tables: [resultTable(experiment), ...details(experiment), publishedTable(experiment)],
    notes: experiment.notes,
    data: { experiment },
  }
}

/** Mean, sample deviation and range of one number over seeds or documents. Throws nothing; NaN mean of none. */
export function spreadOf(values: readonly number[], over: Spread['over']): { mean: number; spread: Spread } {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0
  return { mean, spread: { over, count, deviation, min: Math.min(...values), max: Math.max(...values) } }
}
