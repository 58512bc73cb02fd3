// tessera audit: what a tokenizer's ids hide, in its vocabulary, on your texts, or in a model behind a URL.
import {
  ARTIFACTS,
  auditTokenizer,
  type AuditPart,
  chatEndpoint,
  type Finding,
  PROBE_OUTCOMES,
  probeModel,
  type ProbeReport,
  wordEncodings,
  type WordEncodings,
} from '../../measure/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { alignColumns, print, printJson } from '../io.ts'
import { followed } from '../progress.ts'
import { documentsOf, findSources, type Source } from '../sources.ts'
import { openTokenizer } from '../tokenizers.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'

const NAME = 'tessera audit'
const NUMBER = new Intl.NumberFormat('en')
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 2 })

export default verb({
  name: NAME,
  summary: 'What a tokenizer hides: in its vocabulary and on your texts.',
  words: '[file|folder…]',
  details:
    'Tokens that no text reaches, tokens that are no text by themselves, near-duplicates, steps of merges that\n' +
    'may be under-trained; on your texts: words with several encodings, ids that change when text is appended,\n' +
    'special tokens that users spell out, text that does not come back. Each finding has an example, its reach\n' +
    'on your texts, and a remedy. Without files the vocabulary alone is audited.\n' +
    'With --endpoint a chat model is asked to replace words of your texts, and judged by ids and by surface.',
  options: {
    tokenizer: {
      type: 'string',
      alias: 't',
      default: 'o200k_base',
      valueHint: 'name|path',
      description: 'The tokenizer; with --endpoint that of the model',
    },
    words: {
      type: 'string',
      alias: 'w',
      valueHint: 'a,b,…',
      description: 'Show the encodings of these words in place of an audit',
    },
    most: { type: 'string', valueHint: 'n', description: 'Encodings listed for a word (default 5)' },
    endpoint: {
      type: 'string',
      valueHint: 'url',
      description: 'An OpenAI-compatible address, as http://127.0.0.1:8000/v1 (key: OPENAI_API_KEY)',
    },
    model: { type: 'string', valueHint: 'name', description: "The endpoint's model" },
    trials: { type: 'string', valueHint: 'n', description: 'Words to ask about (default 100)' },
    seed: { type: 'string', valueHint: 'n', description: 'Of what is drawn by chance (default 1)' },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera audit -t o200k_base', does: 'a vocabulary' },
    { command: 'tessera audit -t ./tokenizer.json logs docs', does: 'your tokenizer on your texts' },
    { command: 'tessera audit --words unbelievable,HIV', does: 'all the ways to encode a word' },
    {
      command: 'tessera audit --endpoint http://127.0.0.1:8000/v1 --model qwen3 -t qwen3 news',
      does: 'phantom edits of a model',
    },
  ],
  async run({ options, words: paths }) {
    const most = wholeNumber(options.most, '--most', 1)
    const trials = wholeNumber(options.trials, '--trials', 1)
    const seed = wholeNumber(options.seed, '--seed') ?? 1
    if (most !== undefined && options.words === undefined)
      throw usageError('--most needs --words', seeHelp(NAME))
    if ((options.model !== undefined || trials !== undefined) && options.endpoint === undefined) {
      throw usageError('--model and --trials need --endpoint', seeHelp(NAME))
    }
    if (options.words !== undefined) {
      if (paths.length > 0 || options.endpoint !== undefined) {
        throw usageError('--words takes neither files nor --endpoint', seeHelp(NAME))
      }
      return encodingsOf(await openTokenizer(options.tokenizer), options.words, most ?? 5, options.json)
    }
    const tokenizer = await openTokenizer(options.tokenizer)
    const { report, skipped } = await followed(async (work) => {
      const found = await findSources(paths, false, () => {}, work.signal)
      if (options.endpoint !== undefined) {
        if (options.model === undefined || found.sources.length === 0) {
          throw usageError('--endpoint needs --model and texts to ask about', seeHelp(NAME))
        }
        const endpoint = chatEndpoint({
          url: options.endpoint,
          model: options.model,
          tokenizer,
          ...(process.env.OPENAI_API_KEY ? { apiKey: process.env.OPENAI_API_KEY } : {}),
        })
        const texts = []
        for await (const { document, text } of partsOf(found.sources)) texts.push({ name: document, text })
        return {
          report: await probeModel(endpoint, tokenizer, texts, { ...work, seed, trials }),
          skipped: found.skipped,
        }
      }
      const totalBytes = found.sources.reduce((sum, { bytes }) => sum + bytes, 0)
      const texts = paths.length > 0 ? partsOf(found.sources) : null
      return {
        report: await auditTokenizer(tokenizer, texts, { ...work, seed, totalBytes }),
        skipped: found.skipped,
      }
    })
    if (options.json) await printJson({ ...report, skipped })
    else if ('shares' in report) await print(probeText(report))
    else {
      const { corpus, vocabSize } = report
      const head = `${report.tokenizer}: ${NUMBER.format(vocabSize)} ids`
      const on = corpus
        ? `; ${counted(corpus.documents, 'document')}, ${NUMBER.format(corpus.bytes)} bytes, ${NUMBER.format(corpus.tokens)} tokens`
        : ''
      await print(`${[`${head}${on}`, ...report.findings.map(findingText)].join('\n\n')}\n`)
    }
    for (const { file, reason } of skipped) process.stderr.write(`left out: ${file} (${reason})\n`)
  },
})

async function* partsOf(sources: readonly Source[]): AsyncGenerator<AuditPart> {
  for (const source of sources) {
    for await (const text of documentsOf(source, false)) yield { document: source.file, text: text as string }
  }
}

const WEIGHTS = { act: 'ACT', know: 'know', none: 'ok' } as const

function counted(n: number, what: string): string {
  return `${NUMBER.format(n)} ${what}${n === 1 ? '' : 's'}`
}

function findingText({ kind, weight, summary, example, reach, remedy }: Finding): string {
  const lines = [`[${WEIGHTS[weight]}] ${kind}: ${summary}`]
  if (weight === 'none') return lines[0]!
  if (example !== null) lines.push(`  example  ${example}`)
  if (reach) {
    const share = reach.share === null ? '' : `, ${PERCENT.format(reach.share)} of all tokens`
    lines.push(
      `  reach    ${counted(reach.occurrences, 'time')} in ${counted(reach.documents, 'document')}${share}`,
    )
  }
  lines.push(`  remedy   ${remedy}`)
  return lines.join('\n')
}

async function encodingsOf(tokenizer: Tokenizer, list: string, most: number, json: boolean): Promise<void> {
  const words = list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const found = words.map((word) => wordEncodings(tokenizer, word, most))
  if (json) {
    await printJson(
      found.map((one) => ({
        ...one,
        count: String(one.count),
        spacedCount: String(one.spacedCount),
        canonical: [...one.canonical],
        spacedCanonical: [...one.spacedCanonical],
        alternatives: one.alternatives.map((ids) => [...ids]),
        spacedAlternatives: one.spacedAlternatives.map((ids) => [...ids]),
      })),
    )
    return
  }
  await print(`${found.map((one) => wordText(tokenizer, one)).join('\n\n')}\n`)
}

function wordText(tokenizer: Tokenizer, one: WordEncodings): string {
  const spelled = (ids: Uint32Array) =>
    Array.from(ids, (id) => JSON.stringify(tokenizer.decode([id], { skipSpecials: false }))).join(' ')
  const part = (count: bigint, canonical: Uint32Array, others: readonly Uint32Array[]) => [
    `  ${NUMBER.format(count)} encodings; the tokenizer's own: ${spelled(canonical)}`,
    ...others.map((ids) => `    ${spelled(ids)}`),
  ]
  return [
    one.word,
    ...part(one.count, one.canonical, one.alternatives),
    '  with a space before it:',
    ...part(one.spacedCount, one.spacedCanonical, one.spacedAlternatives),
  ].join('\n')
}

function probeText(report: ProbeReport): string {
  const rows = PROBE_OUTCOMES.map((outcome) => {
    const { count, share, low, high } = report.shares[outcome]
    return [
      outcome,
      String(count),
      PERCENT.format(share),
      `${PERCENT.format(low)} to ${PERCENT.format(high)}`,
    ]
  })
  const types = ARTIFACTS.filter(({ type }) => report.types[type] > 0).map(({ title, type }) => [
    title,
    String(report.types[type]),
  ])
  const moves = report.transitions.map(({ from, to, count }) => [`${from} → ${to}`, String(count)])
  const sources = Object.entries(report.idsFrom)
    .filter(([, count]) => count > 0)
    .map(([from, count]) => `${count} by ${from}`)
  const parts = [
    `${report.trials} trials in ${report.texts} answers; ids of answers: ${sources.join(', ') || 'none'}`,
    alignColumns([['outcome', 'trials', 'share', '95 % interval'], ...rows], [0, 3]),
  ]
  if (types.length > 0) parts.push(alignColumns([['phantom edits by type', 'trials'], ...types], [0]))
  if (moves.length > 0) parts.push(alignColumns([['tokens before → after', 'trials'], ...moves], [0]))
  if (report.idsFrom['re-encoding'] > 0) {
    parts.push(
      'The endpoint gives no ids for some answers; re-encoded text is canonical, so no phantom edit can show there.',
    )
  }
  return `${parts.join('\n\n')}\n`
}
