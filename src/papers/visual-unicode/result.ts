// The result of this paper's experiment: its rows beside the paper, and what is kept for its own figures.
import type { ExperimentResult, ResultRow } from '../experiment/result.ts'
import { spreadOf } from '../experiment/tables.ts'
import type { PicturesResult } from './pictures-run.ts'
import { PAPER_CHARACTERS } from './published.ts'
import type { LanguageLengths, SplitResult } from './split-run.ts'

export type VisualUnicodeResult = ExperimentResult<{
  /** The vocabulary of all texts, which ships. */
  shipped: { ngrams: number; perLanguage: number }
  splits: SplitResult[]
  pictures: PicturesResult
}>

export const NOTES: readonly string[] = [
  'The paper learns its n-grams from 1 % of Wikipedia in 32 languages that it does not list; here the text is the Universal Declaration in 32 languages (about 10,000 characters each) and, for English, Moby-Dick and the State of the Union addresses. Its test text is not known.',
  'One in five articles (the same in every language) and one in five chapters are held out; the five splits are those of seeds 1 to 5.',
  'A word is a run of letters, marks and apostrophes of any script; digits end it; n-grams that occur once are left out. The paper says this much for Latin, Cyrillic and CJK only.',
  'Above U+FFFF, in private use and at U+FFFF the paper has <unk>; here the bytes follow, one token each (`unknown: "unk"` gives the paper’s). Every held-out text decodes to itself.',
  'Pictures come from UnifontEX (Unifont 15 with additions), not Unifont 14; missing glyphs and blanks are boxes with their number, and there is no jitter, unless a row says otherwise. The jitter’s random numbers are ours.',
  'The figures about pictures have no spread: nothing in them is random, except for the rows of the random baseline.',
  'Training and evaluation of language models on the frozen table are not part of this experiment.',
]

const perToken = (lengths: readonly LanguageLengths[], key: 'ours' | 'fewest' | 'bpe' | 'cl100k' | 'o200k') =>
  lengths.reduce((sum, one) => sum + one.characters, 0) / lengths.reduce((sum, one) => sum + one[key], 0)

/** Mean and spread over the splits of one language, or of several together. */
function over(
  splits: readonly SplitResult[],
  names: readonly string[],
  key: Parameters<typeof perToken>[1],
): ReturnType<typeof spreadOf> {
  return spreadOf(
    splits.map(({ languages }) =>
      perToken(
        languages.filter(({ name }) => names.includes(name)),
        key,
      ),
    ),
    'seeds',
  )
}

export function rowsOf(splits: readonly SplitResult[], pictures: PicturesResult): ResultRow[] {
  const rows: ResultRow[] = []
  const add = (
    metric: string,
    setting: string,
    unit: string,
    ours: number,
    more: Partial<Pick<ResultRow, 'baseline' | 'paper' | 'spread'>> = {},
  ) => rows.push({ metric, setting, baseline: null, paper: null, ours, unit, spread: null, ...more })

  const all = splits[0]!.languages.map(({ name }) => name)
  const declaration = all.filter((name) => name !== 'English prose')
  for (const name of Object.keys(PAPER_CHARACTERS)) {
    const { mean, spread } = over(splits, [name], 'ours')
    add('characters per token', `${name}, held-out articles`, 'characters', mean, {
      spread,
      paper: `${PAPER_CHARACTERS[name]!.paper} (GPT-4 there: ${PAPER_CHARACTERS[name]!.gpt4})`,
      baseline: { name: 'cl100k_base', value: over(splits, [name], 'cl100k').mean },
    })
  }
  for (const [setting, names] of [
    ['English prose, held-out chapters', ['English prose']],
    ['32 languages together, held-out articles', declaration],
  ] as const) {
    const { mean, spread } = over(splits, names, 'ours')
    for (const [name, key] of [
      ['BPE of equal vocabulary on the same text', 'bpe'],
      ['o200k_base', 'o200k'],
      ['fewest tokens that the vocabulary allows', 'fewest'],
    ] as const) {
      const value = over(splits, names, key).mean
      add('characters per token', setting, 'characters', mean, { spread, baseline: { name, value } })
    }
  }
  const share = spreadOf(
    splits.map(({ lossless }) => (100 * lossless.texts) / lossless.of),
    'seeds',
  )
  add('texts that decode to themselves', 'held-out articles and chapters', '%', share.mean, share)
  const room = spreadOf(
    splits.map(({ ngrams }) => ngrams),
    'seeds',
  )
  add('n-grams', '338 + 338 of each language, of 8,192 places', 'n-grams', room.mean, {
    spread: room.spread,
    paper: '338 fills the space',
  })

  const { coverage } = pictures
  const plane = coverage.plane.reduce(
    (sum, one) => ({ drawn: sum.drawn + one.drawn, characters: sum.characters + one.characters }),
    { drawn: 0, characters: 0 },
  )
  add(
    'characters with a glyph',
    'assigned in the Basic Multilingual Plane (Unicode 16)',
    '%',
    (100 * plane.drawn) / plane.characters,
  )
  add(
    'characters with a glyph',
    'assigned in all planes',
    '%',
    (100 * coverage.all.drawn) / coverage.all.characters,
  )
  for (const { setting, characters, ngrams, others } of pictures.collisions) {
    add(
      'tokens that share their picture',
      `${setting}: ${characters} characters, ${ngrams} n-grams, ${others} others`,
      'of 65,536',
      characters + ngrams + others,
    )
  }
  for (const { dim, kept } of pictures.variance) {
    add(
      'variance kept',
      `${dim} components of 1,024`,
      '%',
      100 * kept,
      dim === 1024 ? { paper: 'all: a rotation' } : {},
    )
  }
  const baseline = pictures.likeness.find(({ setting }) => setting === 'random unit rows')!
  const kinds = [
    ['twins', 'Latin, Greek, Cyrillic twins'],
    ['accented', 'letter of an accented letter'],
    ['variants', 'compatibility variants'],
  ] as const
  for (const [key, name] of kinds) {
    for (const one of pictures.likeness) {
      const rate = one[key]
      if (rate === null || one === baseline) continue
      const chance = baseline[key]
      add(`${name} among the 10 nearest`, `${one.setting}; ${rate.pairs} pairs`, '%', 100 * rate.found, {
        baseline: chance && { name: 'random unit rows', value: 100 * chance.found },
      })
    }
  }
  add('largest error of a row’s length', '65,536 rows of 1,024', '', pictures.longestRowError, {
    paper: '1e-6',
  })
  add(
    'time for the whole table',
    '65,536 tokens, 1,024 dimensions, one core',
    's',
    pictures.seconds.drawing + pictures.seconds.table,
  )
  return rows
}
