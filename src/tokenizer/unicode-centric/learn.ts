// Learning the tokens of several characters (specification part A.2): of each language the commonest pairs and
// triples of characters inside words; all languages together, longest first, then by code point. The
// surprising thing is the last step: their order, and so which merge wins, has nothing to do with frequency.
//
// Where the paper leaves it open: a word is a run of letters, marks and apostrophes of any script (so scripts
// that write without spaces give pairs of neighbouring characters); a digit ends a word, as everything else
// does; ties are broken by code point; what occurs once is left out.
import { TesseraError, type LongWork } from '../../core/index.ts'
import { Pace } from '../pace.ts'
import { Category, categoryTable, lookup } from '../unicode/index.ts'
import { NGRAM_CAPACITY, isCharacterId } from './layout.ts'

export interface LanguageText {
  name: string
  texts: readonly string[]
}

export interface LearnOptions extends LongWork {
  /** Pairs, and as many triples, of each language. Default 338, with which the paper's 32 languages fill the room. */
  perLanguage?: number
}

export interface LearnedNgrams {
  /** Longest first, then by code point: the order of their ids. */
  ngrams: string[]
  /** What was asked for, or less: the largest number per language whose union has room. */
  perLanguage: number
  languages: { name: string; characters: number; pairs: number; triples: number }[]
}

const MOST_PER_LANGUAGE = 100_000
/** Characters between two looks at the clock. */
const BLOCK = 1 << 16

/** Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no pair occurs twice), CANCELLED. */
export async function learnNgrams(
  languages: readonly LanguageText[],
  options: LearnOptions = {},
): Promise<LearnedNgrams> {
  const { perLanguage = 338 } = options
  if (!Number.isInteger(perLanguage) || perLanguage < 1 || perLanguage > MOST_PER_LANGUAGE) {
    throw new TesseraError('ARGUMENT_INVALID', `${perLanguage} n-grams per language`, {
      where: 'perLanguage',
      hint: `Choose a whole number from 1 to ${MOST_PER_LANGUAGE}`,
    })
  }
  const total = languages.reduce((sum, { texts }) => sum + texts.reduce((n, text) => n + text.length, 0), 0)
  const pace = new Pace(options)
  const ranked: { pairs: string[]; triples: string[] }[] = []
  const report: LearnedNgrams['languages'] = []
  let done = 0
  for (const { name, texts } of languages) {
    const pairs = new Map<string, number>()
    const triples = new Map<string, number>()
    let characters = 0
    for (const text of texts) {
      for (let from = 0; from < text.length;) {
        // To the next place that no word spans.
        let to = Math.min(from + BLOCK, text.length)
        while (to < text.length && isWordUnit(text.charCodeAt(to))) to++
        countNgrams(text, from, to, pairs, triples)
        done += to - from
        from = to
        if (pace.due()) await pace.rest({ stage: `counting ${name}`, done, total, unit: 'items' })
      }
      characters += text.length
    }
    ranked.push({ pairs: commonest(pairs, perLanguage), triples: commonest(triples, perLanguage) })
    const last = ranked.at(-1)!
    report.push({ name, characters, pairs: last.pairs.length, triples: last.triples.length })
  }
  const unionOf = (most: number) => {
    const all = new Set<string>()
    for (const { pairs, triples } of ranked) {
      for (const ngram of pairs.slice(0, most)) all.add(ngram)
      for (const ngram of triples.slice(0, most)) all.add(ngram)
    }
    return all
  }
  let most = perLanguage
  if (unionOf(most).size > NGRAM_CAPACITY) {
    let fits = 0
    while (most - fits > 1) {
      const middle = (fits + most) >> 1
      if (unionOf(middle).size <= NGRAM_CAPACITY) fits = middle
      else most = middle
    }
    most = fits
  }
  const ngrams = [...unionOf(most)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  if (ngrams.length === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'No pair of letters occurs twice inside words', {
      where: 'languages',
      hint: 'Give more text',
    })
  }
  return { ngrams, perLanguage: most, languages: report }
}

/** Adds the n-grams of `text[from .. to]`. */
function countNgrams(
  text: string,
  from: number,
  to: number,
  pairs: Map<string, number>,
  triples: Map<string, number>,
): void {
  let start = from
  for (let i = from; i <= to; i++) {
    if (i < to && isWordUnit(text.charCodeAt(i))) continue
    for (let j = start; j + 1 < i; j++) {
      const pair = text.slice(j, j + 2)
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
      if (j + 2 < i) {
        const triple = text.slice(j, j + 3)
        triples.set(triple, (triples.get(triple) ?? 0) + 1)
      }
    }
    start = i + 1
  }
}

let wordUnits: Uint8Array | null = null

/** Letters, marks and apostrophes of the plane; a surrogate is none, so no n-gram has a half of a character. */
function isWordUnit(unit: number): boolean {
  if (!wordUnits) {
    wordUnits = new Uint8Array(0x10000)
    const categories = categoryTable('huggingface')
    for (let cp = 0; cp < 0x10000; cp++) {
      if (isCharacterId(cp) && lookup(categories, cp) <= Category.Me) wordUnits[cp] = 1
    }
    wordUnits[0x27] = 1
    wordUnits[0x2019] = 1
  }
  return wordUnits[unit] === 1
}

function commonest(counts: ReadonlyMap<string, number>, most: number): string[] {
  return [...counts]
    .filter(([ngram, n]) => n > 1 && !/^['’]+$/.test(ngram))
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([ngram]) => ngram)
}
