// The numbers of a run as tables for the terminal and the README.
import type { Measurement, Transform } from '../../measure/index.ts'
import type { ReportTable } from '../paper.ts'
import type { InformationResult, OverSeeds } from './result.ts'

const round = (value: number | null | undefined, digits = 3) =>
  value === null || value === undefined ? null : Number(value.toFixed(digits))
const percent = (value: number | null) => (value === null ? null : `${(100 * value).toFixed(1)} %`)
const spread = ({ mean, deviation }: OverSeeds) => `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`

export function detailTables(result: InformationResult): ReportTable[] {
  const { trained, settings, boxes, transform, lz, parity } = result
  const compared = trained.filter(({ size }) => size === settings.comparedSize)
  const domains = ['English', 'code', 'Turkish', 'novel']
  return [
    {
      title: 'Entropies by training text, K = 16k, first seed: bits (shuffled control; * not to be read)',
      columns: [
        'model',
        'trained on',
        'characters',
        'H1',
        'H2',
        'H3',
        'H4',
        'H5',
        '2-gram types',
        '5-gram types',
      ],
      rows: compared.flatMap(({ model, trainedOn, trainChars, entropies }) =>
        entropies
          ? [
              [
                model,
                trainedOn,
                trainChars,
                ...entropies.map(
                  (one) =>
                    `${one.entropy.toFixed(2)} (${one.shuffled.toFixed(2)})${one.readable ? '' : ' *'}`,
                ),
                Math.round(entropies[1]!.types),
                Math.round(entropies[4]!.types),
              ],
            ]
          : [],
      ),
    },
    {
      title:
        'Mismatch: tokens per character by training and test domain, K = 16k, mean ± deviation over seeds',
      columns: ['model', 'trained on', 'characters', ...domains, 'η', 'η₂', 'ratio', 'lost'],
      rows: compared.map((one) => [
        one.model,
        one.trainedOn,
        one.trainChars,
        ...domains.map((domain) => spread(one.tokensPerChar[domain]!)),
        spread(one.utilisation),
        spread(one.utilisation2),
        spread(one.ratio),
        percent(one.lost),
      ]),
    },
    {
      title: 'BPE by vocabulary and training text, English: compression ratio, η, η₂',
      columns: ['characters', 'K', 'reached', 'ratio', 'η', 'η₂'],
      rows: trained
        .filter(({ model, trainedOn }) => model === 'BPE' && trainedOn === 'English')
        .map((one) => [
          one.trainChars,
          one.size,
          one.reached,
          spread(one.ratio),
          spread(one.utilisation),
          spread(one.utilisation2),
        ]),
    },
    {
      title: 'Gain of compressing ids instead of text, by serialisation',
      columns: ['domain', 'tokenizer', 'K', 'compressor', 'ids as', 'gain %'],
      rows: transform.map(({ domain, tokenizer, size, compressor, form, gain }) => [
        domain,
        tokenizer,
        size,
        compressor,
        form,
        tokenizer === 'BPE'
          ? `${(100 * gain.mean).toFixed(1)} ± ${(100 * gain.deviation).toFixed(1)}`
          : (100 * gain.mean).toFixed(1),
      ]),
    },
    {
      title: 'LZ-aware and plain merges on held-out text under gzip',
      columns: [
        'domain',
        'K',
        'text, bytes',
        'plain, bytes',
        'LZ-aware, bytes',
        'smaller by %',
        'more tokens %',
      ],
      rows: lz.map(({ domain, size, raw, plain, lz: aware, gain, moreTokens }) => [
        domain,
        size,
        Math.round(raw.mean),
        Math.round(plain.compressed.mean),
        Math.round(aware.compressed.mean),
        `${(100 * gain.mean).toFixed(2)} ± ${(100 * gain.deviation).toFixed(2)}`,
        `${(100 * moreTokens.mean).toFixed(2)} ± ${(100 * moreTokens.deviation).toFixed(2)}`,
      ]),
    },
    {
      title: 'Published tokenizers: tokens per character, and η and η₂ on English',
      columns: ['tokenizer', 'vocabulary', ...domains, 'η', 'η₂', 'H1', 'H2 (control)'],
      rows: boxes.map(({ tokenizer, vocabSize, domains: found }) => {
        const english = found.find(({ domain }) => domain === 'English')!
        const [first, second] = english.entropies!
        return [
          tokenizer,
          vocabSize,
          ...domains.map((domain) => round(found.find((one) => one.domain === domain)!.tokensPerChar)),
          round(english.utilisation),
          round(english.utilisation2),
          round(first!.entropy, 2),
          `${second!.entropy.toFixed(2)} (${second!.shuffled.toFixed(2)})${second!.readable ? '' : ' *'}`,
        ]
      }),
    },
    {
      title: `Tokens for the same content (UDHR, ${parity.languages.length} languages), by those of English`,
      columns: ['tokenizer', 'median', '90 % of languages below', 'dearest', 'its premium'],
      rows: parity.tokenizers.map((tokenizer, t) => {
        const sorted = parity.languages.toSorted((a, b) => a.premiums[t]! - b.premiums[t]!)
        const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.premiums[t]!
        return [tokenizer, at(0.5), at(0.9), sorted.at(-1)!.name, sorted.at(-1)!.premiums[t]!]
      }),
    },
  ]
}

/** Tables of a person's own text. */
export function ownTables(
  measured: readonly { measurement: Measurement; transform: Transform }[],
): ReportTable[] {
  const longest = measured[0]?.measurement.entropies.length ?? 0
  return [
    {
      title: 'Compression and channel',
      columns: ['tokenizer', 'vocabulary', 'tokens', 'bytes/token', 'ratio', 'ids used', 'η', 'η₂', 'lost'],
      rows: measured.map(({ measurement: m }) => [
        m.tokenizer,
        m.vocabSize,
        m.compression.tokens,
        round(m.compression.bytesPerToken),
        round(m.compression.ratio),
        m.vocabulary.used,
        round(m.channel.utilisation),
        round(m.channel.utilisation2),
        `${m.loss!.documents} of ${m.documents}`,
      ]),
    },
    {
      title: 'Entropies of token runs, bits (shuffled control; * not to be read)',
      columns: ['tokenizer', ...Array.from({ length: longest }, (_, i) => `H${i + 1}`)],
      rows: measured.map(({ measurement }) => [
        measurement.tokenizer,
        ...measurement.entropies.map(
          (one) => `${one.entropy.toFixed(3)} (${one.shuffled.toFixed(3)})${one.readable ? '' : ' *'}`,
        ),
      ]),
    },
    {
      title: 'Bytes under gzip: the text, and its ids in three serialisations',
      columns: ['tokenizer', 'text', 'fixed', 'utf8', 'rank and table', 'best gain'],
      rows: measured.map(({ measurement, transform: { raw, sizes } }) => [
        measurement.tokenizer,
        raw.compressed,
        ...sizes.map(({ compressed }) => compressed),
        percent(raw.bytes === 0 ? null : Math.max(...sizes.map(({ gain }) => gain!))),
      ]),
    },
  ]
}
