// One seed of the experiment: n-grams and a byte-pair vocabulary of the same size learned from the same texts,
// measured on articles of the Declaration (the same numbers in every language) and chapters that neither saw.
import { Random, type LongWork } from '../../core/index.ts'
import { UnicodeCentricTokenizer, learnNgrams, trainBpe, type Tokenizer } from '../../tokenizer/index.ts'
import type { Corpus } from './corpus.ts'
import { codePointsOf, fewestTokens } from './lengths.ts'

/** Of the preamble and thirty articles, and of the prose: one in five is held out. */
const HELD_OUT = 0.2
const VOCABULARY = 65_536
const PROSE = 'English prose'

export interface LanguageLengths {
  name: string
  characters: number
  /** Tokens under each tokenizer. */
  ours: number
  fewest: number
  bpe: number
  cl100k: number
  o200k: number
}

export interface SplitResult {
  seed: number
  heldOut: number[]
  /** n-grams per language that had room. */
  perLanguage: number
  ngrams: number
  /** Ids of the byte-pair vocabulary, at most as many as ours. */
  bpeVocabulary: number
  trainingCharacters: number
  languages: LanguageLengths[]
  /** Held-out texts that decode to themselves, of all. */
  lossless: { texts: number; of: number }
}

export async function splitRun(
  corpus: Corpus,
  seed: number,
  others: { cl100k: Tokenizer; o200k: Tokenizer },
  work: LongWork,
): Promise<SplitResult> {
  const random = new Random(seed)
  const articles = Math.min(...corpus.languages.map((language) => language.articles.length))
  const numbers = random.shuffle(Array.from({ length: articles }, (_, i) => i))
  const heldOut = numbers.slice(0, Math.round(HELD_OUT * articles)).sort((a, b) => a - b)
  const chapters = random.shuffle([...corpus.prose])
  const testProse = chapters.slice(0, Math.round(HELD_OUT * chapters.length))
  const trainProse = chapters.slice(testProse.length)

  const training = corpus.languages.map(({ name, articles }) => ({
    name,
    texts: [
      ...articles.filter((_, i) => !heldOut.includes(i)),
      ...(name === 'English' ? trainProse.map(({ text }) => text) : []),
    ],
  }))
  const learned = await learnNgrams(training, work)
  const tokenizer = new UnicodeCentricTokenizer(learned.ngrams)
  const bpe = await trainBpe(
    training.flatMap(({ texts }) => texts),
    { vocabSize: VOCABULARY, pattern: 'o200k', ...work },
  )
  const test = corpus.languages.map(({ name, articles }) => ({
    name,
    texts: articles.filter((_, i) => heldOut.includes(i)),
  }))
  test.push({ name: PROSE, texts: testProse.map(({ text }) => text) })

  const lossless = { texts: 0, of: 0 }
  const languages = test.map(({ name, texts }): LanguageLengths => {
    const lengths = { name, characters: 0, ours: 0, fewest: 0, bpe: 0, cl100k: 0, o200k: 0 }
    for (const text of texts) {
      const ids = tokenizer.encode(text)
      lengths.characters += codePointsOf(text)
      lengths.ours += ids.length
      lengths.fewest += fewestTokens(tokenizer, text)
      lengths.bpe += bpe.count(text)
      lengths.cl100k += others.cl100k.count(text, { specials: 'text' })
      lengths.o200k += others.o200k.count(text, { specials: 'text' })
      lossless.of++
      if (tokenizer.decode(ids) === text) lossless.texts++
    }
    return lengths
  })
  return {
    seed,
    heldOut,
    perLanguage: learned.perLanguage,
    ngrams: learned.ngrams.length,
    bpeVocabulary: bpe.vocabSize,
    trainingCharacters: learned.languages.reduce((sum, { characters }) => sum + characters, 0),
    languages,
    lossless,
  }
}
