// What was compared, as tables for people and as JSON.
import { READABLE_SHARE, type Interval } from '../../measure/index.ts'
import { alignColumns } from '../io.ts'
import type { Compared } from './compare.ts'
import type { Sources } from '../sources.ts'

/** Rounded for people and for JSON alike. */
const rounded = (value: number | null) => (value === null ? null : Math.round(value * 1000) / 1000)
const fixed = (value: number | null, digits = 3) => value?.toFixed(digits) ?? '–'
const percent = (value: number | null) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`)
const range = (interval: Interval | null) =>
  interval ? `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}` : '–'

export function mainTable(compared: readonly Compared[]): string {
  const head = ['tokenizer', 'vocabulary', 'tokens', 'bytes/token', 'chars/token']
  const lines = compared.map(({ tokenizer, vocabSize, compression }) => [
    tokenizer,
    String(vocabSize),
    String(compression.tokens),
    fixed(rounded(compression.bytesPerToken)),
    fixed(rounded(compression.charsPerToken)),
  ])
  return alignColumns([head, ...lines], [0])
}

export function entropyTables(compared: readonly Compared[]): string {
  const found = compared.flatMap(({ measurement }, i) =>
    measurement ? [{ ...compared[i]!, measurement }] : [],
  )
  const use = alignColumns(
    [
      [
        'tokenizer',
        'tokens/word',
        'ratio',
        'ids used',
        'of all',
        'H1',
        'η',
        'η₂',
        'Rényi 2.5',
        'unknown',
        'lost',
      ],
      ...found.map(({ tokenizer, compression, measurement: m }) => [
        tokenizer,
        fixed(compression.tokensPerWord),
        fixed(compression.ratio),
        String(m.vocabulary.used),
        percent(m.vocabulary.share),
        fixed(m.entropies[0]!.entropy),
        fixed(m.channel.utilisation),
        fixed(m.channel.utilisation2),
        fixed(m.channel.renyiEfficiency),
        String(m.loss!.unknownTokens),
        `${m.loss!.documents} of ${m.documents}`,
      ]),
    ],
    [0],
  )
  const longest = found[0]?.measurement.entropies.length ?? 0
  const heads = Array.from({ length: longest }, (_, i) => `H${i + 1} (shuffled)`)
  const runs = alignColumns(
    [
      ['tokenizer', ...heads],
      ...found.map(({ tokenizer, measurement }) => [
        tokenizer,
        ...measurement.entropies.map(
          (one) =>
            `${one.tokens === measurement.compression.tokens ? '' : '~'}${one.entropy.toFixed(3)} (${one.shuffled.toFixed(3)})${one.readable ? '  ' : ' *'}`,
        ),
      ]),
    ],
    [0],
  )
  const types = alignColumns(
    [
      ['tokenizer', ...Array.from({ length: longest }, (_, i) => `${i + 1}-gram types`)],
      ...found.map(({ tokenizer, measurement }) => [
        tokenizer,
        ...measurement.entropies.map(
          (one) => `${one.tokens === measurement.compression.tokens ? '' : '~'}${Math.round(one.types)}`,
        ),
      ]),
    ],
    [0],
  )
  return [
    `Vocabulary and channel (ratio: text bits by tokens of log2 K bits; lost: files that do not decode to themselves)\n${use}`,
    `Entropy of a token given those before it, bits (in brackets: the same of a shuffled copy, truly H1)\n${runs}`,
    `Different runs of tokens\n${types}`,
    `* not to be read: the shuffled copy keeps at most ${READABLE_SHARE} of H1, so the stream is too short for such runs\n` +
      '~ for the beginning of the stream only, up to where there are too many different runs (--json says how far)',
  ].join('\n\n')
}

export function gzipTable(compared: readonly Compared[]): string {
  const found = compared.flatMap(({ tokenizer, vocabSize, transform }) =>
    transform ? [{ tokenizer, vocabSize, transform }] : [],
  )
  const first = found[0]
  if (!first) return ''
  const { compressor, raw, sizes } = first.transform
  const table = alignColumns(
    [
      ['tokenizer', ...sizes.flatMap(({ form }) => [form, 'gain'])],
      ...found.map(({ tokenizer, transform }) => [
        tokenizer,
        ...transform.sizes.flatMap(({ compressed, gain }) => [String(compressed), percent(gain)]),
      ]),
    ],
    [0],
  )
  return (
    `Ids under ${compressor}, in bytes, against the text under ${compressor}: ${raw.compressed} bytes\n${table}\n\n` +
    'fixed: whole bytes per id; utf8: code points of ids; rank: code points of frequency ranks, with their table'
  )
}

export function intervalTable(compared: readonly Compared[], documents: number): string {
  if (documents < 2)
    return 'Intervals need at least two files: whole files are drawn, since tokens depend on each other'
  const table = alignColumns(
    [
      ['tokenizer', 'bytes/token', 'chars/token', `tokens by ${compared[0]!.tokenizer}`],
      ...compared.map(({ tokenizer, intervals }) => [
        tokenizer,
        range(intervals!.bytesPerToken),
        range(intervals!.charsPerToken),
        range(intervals!.tokensByFirst),
      ]),
    ],
    [0],
  )
  return `95 % intervals, bootstrap over ${documents} files\n${table}`
}

export interface LanguageRow {
  language: string
  bytes: number
  /** `[tokenizers]` */
  tokens: number[]
}

/** One row for each word of the command line. */
export function languageRows({ sources, names }: Sources, compared: readonly Compared[]): LanguageRow[] {
  return names.map((language, word) => {
    const own = sources.flatMap((source, s) => (source.word === word ? [s] : []))
    return {
      language,
      bytes: own.reduce((sum, s) => sum + sources[s]!.size.bytes, 0),
      tokens: compared.map(({ tokens }) => own.reduce((sum, s) => sum + tokens[s]!, 0)),
    }
  })
}

export function parityTable(
  rows: readonly LanguageRow[],
  reference: LanguageRow,
  compared: readonly Compared[],
): string {
  const by = (amount: number, base: number) => (base === 0 ? null : amount / base)
  const sorted = rows.toSorted((a, b) => a.tokens[0]! - b.tokens[0]!)
  const table = alignColumns(
    [
      ['language', 'bytes', ...compared.map(({ tokenizer }) => tokenizer)],
      ...sorted.map((row) => [
        row.language,
        fixed(by(row.bytes, reference.bytes)),
        ...row.tokens.map((count, t) => fixed(by(count, reference.tokens[t]!))),
      ]),
    ],
    [0],
  )
  return `Tokens for the same content, by those of ${reference.language}\n${table}`
}

/** The keys of earlier versions, and below them what was asked for. */
export function asJson(compared: readonly Compared[], found: Sources, reference: LanguageRow | null) {
  const { sources, skipped } = found
  const rows = reference ? languageRows(found, compared) : []
  const tokenizers = compared.map((one, t) => ({
    tokenizer: one.tokenizer,
    vocabSize: one.vocabSize,
    tokens: one.compression.tokens,
    bytesPerToken: rounded(one.compression.bytesPerToken),
    charsPerToken: rounded(one.compression.charsPerToken),
    tokensPerWord: rounded(one.compression.tokensPerWord),
    compressionRatio: rounded(one.compression.ratio),
    files: sources.map(({ file }, s) => ({ file, tokens: one.tokens[s]! })),
    ...(one.measurement
      ? {
          vocabulary: one.measurement.vocabulary,
          channel: one.measurement.channel,
          huffmanBits: one.measurement.huffmanBits,
          entropies: one.measurement.entropies,
          loss: one.measurement.loss,
        }
      : {}),
    ...(one.transform ? { transform: one.transform } : {}),
    ...(one.intervals ? { intervals: one.intervals } : {}),
    ...(reference
      ? {
          parity: {
            reference: reference.language,
            languages: rows.map((row) => ({
              language: row.language,
              tokens: row.tokens[t]!,
              premium: reference.tokens[t] === 0 ? null : row.tokens[t]! / reference.tokens[t]!,
              bytePremium: reference.bytes === 0 ? null : row.bytes / reference.bytes,
            })),
          },
        }
      : {}),
  }))
  return { tokenizers, skipped }
}
