// The numbers of a run as tables.
import type { ReportTable } from '../paper.ts'
import type { FileReport } from './analyse.ts'
import { KINDS, type TokenAdaptResult } from './result.ts'

const round = (value: number, digits = 3) => Number(value.toFixed(digits))

export function detailTables({ domains, sizes }: TokenAdaptResult): ReportTable[] {
  return [
    {
      title: 'Bytes per token of held-out text (± over seeds)',
      columns: ['domain', 'tokens', ...KINDS, 'o200k_base (200k)'],
      rows: domains.map(({ domain, size, bytesPerToken, o200k }) => [
        domain,
        size,
        ...KINDS.map((kind) => {
          const { mean, deviation } = bytesPerToken[kind]
          return `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`
        }),
        round(o200k),
      ]),
    },
    {
      title: 'Tokens by the words that they hold, first seed',
      columns: ['kind', 'tokens', '0', '1', '2', '3', '4', '5', '6 or more', 'seconds to train'],
      rows: sizes.flatMap(({ size, words, seconds }) =>
        KINDS.map((kind) => [kind, size, ...words[kind].histogram, round(seconds[kind], 1)]),
      ),
    },
    {
      title: 'Supertokens of the most words',
      columns: ['kind', 'tokens', 'examples'],
      rows: sizes.flatMap(({ size, words }) =>
        (['supertokens', 'two-stage'] as const).map((kind) => [
          kind,
          size,
          words[kind].longest
            .slice(0, 8)
            .map((text) => JSON.stringify(text))
            .join(' '),
        ]),
      ),
    },
  ]
}

export function fileTables({ name, bytes, rows, longest }: FileReport): ReportTable[] {
  return [
    {
      title: `${name} (${bytes.toLocaleString('en')} bytes), vocabularies trained on your files`,
      columns: ['kind', 'vocabulary', 'tokens', 'bytes per token', 'against plain, %'],
      rows: rows.map(({ kind, vocabulary, tokens }) => [
        kind,
        vocabulary,
        tokens,
        tokens === 0 ? null : round(bytes / tokens),
        rows[0]!.tokens === 0 ? null : round(100 * (tokens / rows[0]!.tokens - 1), 1),
      ]),
    },
    {
      title: `${name}: supertokens of the most words`,
      columns: ['token'],
      rows: longest.map((text) => [JSON.stringify(text)]),
    },
  ]
}
