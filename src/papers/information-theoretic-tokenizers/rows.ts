// From the measures of single seeds to results over seeds, and to the rows beside the paper's figures.
import { READABLE_SHARE } from '../../measure/index.ts'
import type { ResultRow, Spread } from '../experiment/result.ts'
import { spreadOf } from '../experiment/tables.ts'
import type { Gain, LzMeasure } from './compressed.ts'
import type { InformationResult, LzResult, OverSeeds, ScaleResult, TransformResult } from './result.ts'
import type { TrainedMeasure } from './trained.ts'

function overSeeds(values: readonly number[]): OverSeeds {
  const { mean, spread } = spreadOf(values, 'seeds')
  return { mean, deviation: spread.deviation, min: spread.min, max: spread.max }
}

/** Values grouped by a key, in the order in which keys come first. */
function groups<T>(values: readonly T[], keyOf: (value: T) => string): T[][] {
  const byKey = new Map<string, T[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = byKey.get(key)
    if (group) group.push(value)
    else byKey.set(key, [value])
  }
  return [...byKey.values()]
}

/** `trained`: by seed. */
export function scaleResults(trained: readonly TrainedMeasure[][]): ScaleResult[] {
  const key = (one: TrainedMeasure) => `${one.model} ${one.trainedOn} ${one.trainChars} ${one.size}`
  return groups(trained.flat(), key).map((all) => {
    const { model, trainedOn, trainChars, size, entropies, tokensPerChar } = all[0]!
    const of = (read: (one: TrainedMeasure) => number) => overSeeds(all.map(read))
    return {
      model,
      trainedOn,
      trainChars,
      size,
      reached: Math.round(of((one) => one.reached).mean),
      tokensPerChar: Object.fromEntries(
        Object.keys(tokensPerChar).map((domain) => [domain, of((one) => one.tokensPerChar[domain]!)]),
      ),
      ratio: of((one) => one.ratio),
      utilisation: of((one) => one.utilisation),
      utilisation2: of((one) => one.utilisation2),
      lost: of((one) => one.lost).mean,
      entropies,
    }
  })
}

export function transformResults(
  all: readonly { domain: string; tokenizer: string; gains: readonly Gain[] }[],
): TransformResult[] {
  const flat = all.flatMap(({ gains, domain, tokenizer }) =>
    gains.map((gain) => ({ ...gain, domain, tokenizer })),
  )
  const key = (one: (typeof flat)[number]) =>
    `${one.domain} ${one.tokenizer} ${one.size} ${one.compressor} ${one.form}`
  return groups(flat, key).map((same) => {
    const { domain, tokenizer, size, compressor, form } = same[0]!
    return { domain, tokenizer, size, compressor, form, gain: overSeeds(same.map(({ gain }) => gain)) }
  })
}

export function lzResults(
  all: readonly { domain: string; found: { measures: readonly LzMeasure[] } }[],
): LzResult[] {
  const flat = all.flatMap(({ domain, found }) => found.measures.map((measure) => ({ domain, ...measure })))
  return groups(flat, ({ domain, size }) => `${domain} ${size}`).map((same) => {
    const of = (read: (one: LzMeasure) => number) => overSeeds(same.map(read))
    return {
      domain: same[0]!.domain,
      size: same[0]!.size,
      raw: of(({ raw }) => raw),
      plain: { compressed: of(({ plain }) => plain.compressed), tokens: of(({ plain }) => plain.tokens) },
      lz: { compressed: of(({ lz }) => lz.compressed), tokens: of(({ lz }) => lz.tokens) },
      overText: {
        plain: of(({ plain, raw }) => 1 - plain.compressed / raw),
        lz: of(({ lz, raw }) => 1 - lz.compressed / raw),
      },
      gain: of(({ lz, plain }) => 1 - lz.compressed / plain.compressed),
      moreTokens: of(({ lz, plain }) => lz.tokens / plain.tokens - 1),
    }
  })
}

type Details = Pick<
  InformationResult,
  'settings' | 'trained' | 'boxes' | 'parity' | 'transform' | 'lz' | 'mergeSeconds'
>

export function rowsOf(details: Details): ResultRow[] {
  const { trained, transform, lz, settings, mergeSeconds, boxes, parity } = details
  const count = settings.seeds.length
  const spread = ({ deviation, min, max }: OverSeeds, times = 1): Spread => ({
    over: 'seeds',
    count,
    deviation: times * deviation,
    min: times * min,
    max: times * max,
  })
  const find = (model: string, domain: string, size: number) =>
    trained.filter((one) => one.model === model && one.trainedOn === domain && one.size === size)
  const rows: ResultRow[] = []
  const add = (row: Partial<ResultRow> & Pick<ResultRow, 'metric' | 'setting' | 'ours' | 'unit'>) =>
    rows.push({ baseline: null, paper: null, spread: null, ...row })
  const K = settings.comparedSize

  for (const model of ['BPE', 'WordPiece', 'Unigram']) {
    const found = find(model, 'English', K)
    const last = found.at(-1)
    if (!last) continue
    for (const [metric, read] of [
      ['capacity utilisation η', (one: ScaleResult) => one.utilisation],
      ['capacity utilisation η₂ (Rényi, α = 2)', (one: ScaleResult) => one.utilisation2],
    ] as const) {
      add({
        metric,
        setting: `${model}, English, K = 16k, ${chars(last.trainChars)} of training text`,
        baseline: { name: `on ${chars(found[1]!.trainChars)}`, value: read(found[1]!).mean },
        paper: metric.endsWith('η') && model !== 'Unigram' ? '0.75-0.77' : null,
        ours: read(last).mean,
        unit: '',
        spread: spread(read(last)),
      })
    }
  }
  const english = find('BPE', 'English', K)
  const [few, many] = [english[1]!, english.at(-1)!]
  for (let k = 1; k <= 5; k++) {
    const [from, to] = [few.entropies![k - 1]!, many.entropies![k - 1]!]
    const control = (100 * to.shuffled) / many.entropies![0]!.entropy
    add({
      metric: `H${k}${to.readable ? '' : ' (not to be read)'}`,
      setting: `BPE, English, K = 16k, ${chars(many.trainChars)} of training text; shuffled control keeps ${control.toFixed(0)} % of H1`,
      baseline: { name: `on ${chars(few.trainChars)}`, value: from.entropy },
      paper: k === 1 ? 'rises with training text' : k < 4 ? 'falls with training text' : 'nearly 0',
      ours: to.entropy,
      unit: 'bits',
    })
  }
  for (const size of [K, 65_536]) {
    const found = find('BPE', 'English', size)
    const last = found.at(-1)!
    const before = found.at(-2)!
    add({
      metric: 'compression ratio with log2 K bits per token',
      setting: `BPE, English, K = ${size / 1024}k (${last.reached} reached), ${chars(last.trainChars)}`,
      baseline: { name: `on ${chars(before.trainChars)}`, value: before.ratio.mean },
      paper: size === K ? 'can fall with more training text' : 'rises all the way',
      ours: last.ratio.mean,
      unit: '×',
      spread: spread(last.ratio),
    })
  }
  for (const [home, away] of [
    ['English', 'code'],
    ['code', 'English'],
  ] as const) {
    const [own, other] = [find('BPE', away, K).at(-1)!, find('BPE', home, K).at(-1)!]
    add({
      metric: 'tokens per character out of the domain',
      setting: `BPE, K = 16k, trained on ${chars(other.trainChars)} of ${home}, tested on ${away}`,
      baseline: { name: `trained on ${away}`, value: own.tokensPerChar[away]!.mean },
      paper: 'worse than in the domain',
      ours: other.tokensPerChar[away]!.mean,
      unit: 'tokens',
      spread: spread(other.tokensPerChar[away]!),
    })
  }
  for (const domain of ['English', 'code']) {
    for (const size of [1024, K]) {
      for (const form of ['fixed', 'rank']) {
        const found = transform.find(
          (one) =>
            one.domain === domain &&
            one.size === size &&
            one.form === form &&
            one.compressor === 'gzip' &&
            one.tokenizer === 'BPE',
        )!
        add({
          metric: 'gain of gzip on ids over gzip on text',
          setting: `${domain}, K = ${size / 1024}k, ids written as ${form === 'fixed' ? '16-bit integers' : 'UTF-8 of frequency ranks'}`,
          paper: '10-20 %',
          ours: 100 * found.gain.mean,
          unit: '%',
          spread: spread(found.gain, 100),
        })
      }
    }
  }
  for (const one of lz) {
    const setting = `${one.domain}, K = ${one.size}, held-out text`
    add({
      metric: 'gain of gzip on ids over gzip on text, LZ-aware merges',
      setting,
      baseline: { name: 'plain BPE', value: 100 * one.overText.plain.mean },
      paper: one.size === 1024 ? 'about 15.8 %, plain BPE 11.1 %' : null,
      ours: 100 * one.overText.lz.mean,
      unit: '%',
      spread: spread(one.overText.lz, 100),
    })
    add({
      metric: 'smaller under gzip than plain merges, LZ-aware merges',
      setting,
      ours: 100 * one.gain.mean,
      unit: '%',
      spread: spread(one.gain, 100),
    })
    add({
      metric: 'more tokens than plain merges, LZ-aware merges',
      setting,
      ours: 100 * one.moreTokens.mean,
      unit: '%',
      spread: spread(one.moreTokens, 100),
    })
  }
  add({
    metric: 'time of a merge, LZ-aware',
    setting: `${settings.lz.candidates} candidates, ${settings.lz.streamBytes / 1000} kB of text, all cores`,
    baseline: { name: 'plain, same program', value: mergeSeconds.plain },
    paper: 'about 2 s, plain 0.4 s',
    ours: mergeSeconds.lz,
    unit: 's',
  })
  for (const name of ['gpt2', 'cl100k_base', 'o200k_base']) {
    const box = boxes.find((one) => one.tokenizer === name)!
    const domain = (wanted: string) => box.domains.find((one) => one.domain === wanted)!
    add({
      metric: 'tokens per character',
      setting: `${name} on code`,
      baseline: {
        name: 'gpt2',
        value: boxes[0]!.domains.find((one) => one.domain === 'code')!.tokensPerChar,
      },
      paper: 'cl100k and o200k win on code',
      ours: domain('code').tokensPerChar,
      unit: 'tokens',
    })
    const t = parity.tokenizers.indexOf(name)
    const sorted = parity.languages.map(({ premiums }) => premiums[t]!).sort((a, b) => a - b)
    add({
      metric: 'median premium over languages',
      setting: `${name}, UDHR in ${sorted.length} languages, tokens by those of English`,
      baseline: { name: 'bytes', value: medianOf(parity.languages.map((one) => one.bytePremium)) },
      paper: 'several times as many; o200k narrows it',
      ours: medianOf(sorted),
      unit: '×',
    })
  }
  return rows
}

export function notesOf({ settings, trained, lz, transform, boxes }: Details, paperScale: string): string[] {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`
  const within = lz.filter((one) => one.gain.mean <= one.gain.deviation)
  const wordPiece = trained.findLast((one) => one.model === 'WordPiece')
  const compared = transform.filter(
    (one) => one.tokenizer === 'BPE' && one.compressor === 'gzip' && ['fixed', 'rank'].includes(one.form),
  )
  const inBand = compared.filter(({ gain }) => gain.mean >= 0.1 && gain.mean <= 0.2).length
  const gains = compared.map(({ gain }) => gain.mean)
  const larger = compared
    .filter(({ gain }) => gain.mean < 0)
    .map(({ domain, size }) => `${domain} at K = ${size}`)
  const at1024 = lz.filter(({ size }) => size === 1024)
  const [gpt2, o200k] = ['gpt2', 'o200k_base'].map((name) => boxes.find((one) => one.tokenizer === name)!)
  const fewer = (domain: string) => {
    const of = (box: typeof gpt2) => box!.domains.find((one) => one.domain === domain)!.tokensPerChar
    return percent(1 - of(o200k) / of(gpt2))
  }
  return [
    `Scale of the paper: ${paperScale}. Here: up to ${chars(settings.scales.at(-1)!)} of training text, ${chars(settings.testChars)} held out; ${settings.seeds.length} splits by seed.`,
    'English: State of the Union speeches. Code: TypeScript and JavaScript of npm packages. Turkish: messages of the TypeScript compiler. Novel: Moby Dick, never trained on. The paper took C4 and CodeParrot, so levels (such as η) are not expected to agree, directions are.',
    `Hk is read only where a shuffled copy of the same tokens keeps more than ${READABLE_SHARE} of H1. By that rule the claim that H4 and H5 come near 0 cannot be judged at this scale: the shuffled copy, whose true H4 is H1, comes near 0 too.`,
    `The text and the serialisation decide the gain of ids under gzip, and the paper's are unknown: of the ${compared.length} settings of BPE (two texts, two sizes, 16-bit ids or frequency ranks) gains go from ${percent(Math.min(...gains))} to ${percent(Math.max(...gains))}, ${inBand} of them in the band of 10-20 %${larger.length > 0 ? `, and ids are larger than the text for ${[...new Set(larger)].join(', ')}` : ''}. "rank" assumes that the reader knows the order of ids by frequency in the training text, as it knows the vocabulary; with the table counted in the stream the gain is smaller.`,
    `LZ-aware merges at K = 1024 gain ${at1024.map((one) => `${percent(one.overText.lz.mean)} on ${one.domain} (plain ${percent(one.overText.plain.mean)})`).join(', ')}; the paper has 15.8 % (plain 11.1 %)${within.length > 0 ? `; for ${within.map((one) => `${one.domain} at K = ${one.size}`).join(', ')} the difference to plain merges is within its spread` : ''}. Gains are of held-out text, not of the stream on which merges were chosen; the serialisation and the corpus of the paper's figures are unknown.`,
    `o200k_base against gpt2: ${fewer('code')} fewer tokens on code, ${fewer('English')} on English; the paper: a clear win on code, nearly equal on prose.`,
    ...(wordPiece && wordPiece.lost > 0
      ? [
          `WordPiece loses white space, so ${(100 * wordPiece.lost).toFixed(0)} % of the held-out documents do not decode to themselves: it is no compressor, and its ratio must not be set beside the others'.`,
        ]
      : []),
    'Where a text has too few merges for K, η and the ratio are still by log2 K, as in the paper; the size reached is in the table.',
  ]
}

function chars(n: number): string {
  return `${n >= 1e6 ? `${n / 1e6} M` : `${n / 1e3} k`} characters`
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? NaN
}
