// The numbers of a run as tables.
import type { ReportTable } from '../paper.ts'
import type { FileReport } from './analyse.ts'
import type { DynamicTokenizationResult, SweepResult } from './result.ts'

const percent = (part: number) => Number((100 * part).toFixed(1))
const length = (tokens: number) => Number(tokens.toFixed(2))

export function detailTables({
  languages,
  settings,
  batchSizes,
  boundaries,
}: DynamicTokenizationResult): ReportTable[] {
  const names = [...new Set(languages.map((one) => one.language))]
  const sweep = (title: string, list: readonly SweepResult[]): ReportTable => ({
    title,
    columns: [
      'base',
      'language',
      '',
      'base tokens',
      'after 10',
      'after 50',
      'after all',
      'saved by all, %',
      'merges',
    ],
    rows: list.map(({ base, language, what, points }) => {
      const at = (merges: number) => points.findLast(([n]) => n <= merges)![1]
      const [all, last] = points.at(-1)!
      return [
        base,
        language,
        what,
        ...[0, 10, 50].map((n) => length(at(n))),
        length(last),
        percent(1 - last / at(0)),
        all,
      ]
    }),
  })
  return [
    {
      title: `Tokens saved by full merging, % (± over seeds); batches of ${settings.batchSize}, pretoken boundary`,
      columns: ['language', 'texts', ...settings.bases],
      rows: names.map((language) => {
        const own = languages.filter((one) => one.language === language)
        return [
          language,
          own[0]!.texts,
          ...own.map(({ reduction }) => `${percent(reduction.mean)} ± ${percent(reduction.deviation)}`),
        ]
      }),
    },
    sweep('Tokens of a text by size of batch', batchSizes),
    sweep('Tokens of a text by boundary', boundaries),
  ]
}

export function fileTables({ name, texts, bases }: FileReport): ReportTable[] {
  return bases.map(({ base, boundary, baseTokens, steps }) => ({
    title: `${name} (${texts} texts) under ${base}, boundary ${boundary}`,
    columns: ['of the way, %', 'merges of the first batch', 'tokens', 'saved, %'],
    rows: steps.map(({ reduction, merges, tokens }) => [
      percent(reduction),
      merges,
      tokens,
      baseTokens === 0 ? null : percent(1 - tokens / baseTokens),
    ]),
  }))
}
