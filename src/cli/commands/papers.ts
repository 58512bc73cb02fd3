// tessera papers list | show | run.
import { basename } from 'node:path'
import { type PaperFile, type ReportTable, papers } from '../../papers/index.ts'
import { usageError } from '../failure.ts'
import { alignColumns, print, printJson, readBytes } from '../io.ts'
import { followed } from '../progress.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'

function onlyWord(words: readonly string[], name: string): string {
  if (words.length !== 1) throw usageError('Name one paper by its slug', seeHelp(name))
  return words[0]!
}

/** Numbers of a column that has fractions all get three decimals; columns of whole numbers get none. */
function columnCells(values: readonly (string | number | null)[]): string[] {
  const whole = values.every((value) => typeof value !== 'number' || Number.isInteger(value))
  return values.map((value) => {
    if (value === null) return '–'
    return typeof value === 'number' ? value.toFixed(whole ? 0 : 3) : value
  })
}

/** A report's table for a terminal: columns of numbers to the right, of text to the left. */
function tableText({ title, columns, rows }: ReportTable): string {
  const cells = columns.map((name, column) => [name, ...columnCells(rows.map((row) => row[column] ?? null))])
  const lines = [columns, ...rows].map((_, line) => cells.map((column) => column[line]!))
  const textColumns = columns
    .map((_, column) => column)
    .filter((column) => rows.some((row) => typeof row[column] === 'string'))
  return `${title}\n\n${alignColumns(lines, textColumns)}\n`
}

export const list = verb({
  name: 'tessera papers list',
  summary: 'All papers and whether they run.',
  options: {
    runs: { type: 'boolean', default: false, description: 'Only those that run' },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera papers list', does: 'slug, year, room, state, title' },
    { command: 'tessera papers list --runs --json', does: 'those that run, for programs' },
  ],
  async run({ options }) {
    const entries = papers
      .list()
      .filter(({ state }) => !options.runs || state === 'runs')
      .map(({ slug, title, year, room, state }) => ({ slug, title, year, room, state }))
    if (options.json) {
      await printJson(entries)
      return
    }
    const lines = entries.map(({ slug, title, year, room, state }) => [
      slug,
      String(year),
      room,
      state,
      title,
    ])
    await print(`${alignColumns(lines, [0, 2, 3, 4])}\n`)
  },
})

export const show = verb({
  name: 'tessera papers show',
  summary: 'One paper.',
  words: '<slug>',
  details:
    "What it is about, where its method lives, whether it runs; --json has its experiment's result too.",
  options: jsonOption,
  examples: [
    { command: 'tessera papers show binary-bpe', does: 'for people' },
    { command: 'tessera papers show binary-bpe --json', does: 'with the measured result' },
  ],
  async run({ options, words }) {
    const paper = await papers.detail(onlyWord(words, 'tessera papers show'))
    if (options.json) {
      await printJson(paper)
      return
    }
    const facts: [string, string | number | null][] = [
      ['slug', paper.slug],
      ['published', paper.published ?? paper.year],
      ['authors', paper.authors],
      ['organisation', paper.organisation],
      ['code', paper.code],
      ['room', [paper.room, ...paper.alsoIn].join(', ')],
      ['state', paper.state],
      ['experiment', paper.result === null ? null : 'measured; see --json'],
    ]
    const known = facts
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [`${name}:`, String(value)])
    await print(`${paper.title}\n\n${paper.summary}\n\n${alignColumns(known, [0, 1])}\n`)
  },
})

export const run = verb({
  name: 'tessera papers run',
  summary: "A paper's method on your input, or its experiment.",
  words: '<slug> [input…]',
  details:
    'Inputs are files, or - for stdin. Without input the experiment of the paper runs: minutes of work, which\n' +
    'Ctrl-C stops and the same command goes on with; it writes result.json with our figures beside those of\n' +
    'the paper. Prints tables; with --json the same numbers as data.',
  options: {
    seed: { type: 'string', valueHint: 'n', description: "The experiment's first seed (default 1)" },
    output: {
      type: 'string',
      alias: ['o'],
      valueHint: 'file',
      description: "Where the experiment's result goes (default: the paper's result.json)",
    },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera papers run binary-bpe /bin/ls', does: 'bytes per token of an executable' },
    { command: 'tessera papers run binary-bpe --json app.exe lib.so', does: 'several files, for programs' },
    { command: 'tessera papers run binary-bpe', does: "the paper's experiment" },
  ],
  async run({ options, words }) {
    const [slug, ...paths] = words
    if (slug === undefined) throw usageError('Name a paper by its slug', seeHelp('tessera papers run'))
    const paper = papers.get(slug)
    const experiment = paths.length === 0
    const { output } = options
    const seed = wholeNumber(options.seed, '--seed')
    if (!experiment && (seed !== undefined || output !== undefined)) {
      throw usageError(
        '--seed and --output belong to the experiment, which takes no input',
        seeHelp('tessera papers run'),
      )
    }
    const files: PaperFile[] = []
    // A paper that does not run says so before its input is read.
    if (paper.state === 'runs') {
      for (const path of paths) {
        files.push({ name: path === '-' ? 'stdin' : basename(path), bytes: await readBytes(path) })
      }
    }
    const report = await followed((how) =>
      paper.run(files, { ...how, experiment, output, ...(seed === undefined ? {} : { seed }) }),
    )
    if (options.json) {
      await printJson(report.data)
      return
    }
    const notes = report.notes.map((line) => `${line}\n`)
    await print([...report.tables.map(tableText), ...(notes.length > 0 ? [notes.join('')] : [])].join('\n'))
  },
})
