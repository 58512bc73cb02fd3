// The part of the paper's experiment that needs no model: how much shorter texts become when each batch merges
// its own frequent neighbours, by language, base tokenizer, batch size and boundary. The texts are the
// paragraphs of the Universal Declaration of Human Rights; what is random is which texts share a batch.
import { join } from 'node:path'
import { packageRoot } from '../../core/node.ts'
import { throwIfCancelled } from '../../core/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'
import { readCorpora, readDeclarations, splitOf } from '../experiment/corpora.ts'
import { originOf } from '../experiment/origin.ts'
import { cacheFolder } from '../experiment/places.ts'
import type { ResultRow } from '../experiment/result.ts'
import { saveResult } from '../experiment/save.ts'
import { Steps } from '../experiment/steps.ts'
import { spreadOf } from '../experiment/tables.ts'
import type { RunOptions } from '../paper.ts'
import { BATCH, mergesAt, reductionTable, savedBy, unitsOf } from './measure.ts'
import { mergesText, PAPER_FIGURES, XNLI_LENGTHS } from './published.ts'
import type { DynamicTokenizationResult, LanguageResult, OverSeeds, SweepResult } from './result.ts'
import { detailTables } from './tables.ts'

const SLUG = 'dynamic-tokenization'
/** Raised when the measurements change, so that kept steps are not taken over. */
const VERSION = 1
const SEEDS = 5
const BASES = ['gpt2', 'cl100k_base', 'o200k_base', 'qwen3']
/** The fifteen languages of XNLI, but for the two that the declaration writes otherwise here; and four more. */
const LANGUAGES: readonly { name: string; code: string }[] = [
  { name: 'English', code: 'eng' },
  { name: 'German', code: 'deu_1996' },
  { name: 'French', code: 'fra' },
  { name: 'Spanish', code: 'spa' },
  { name: 'Greek', code: 'ell_monotonic' },
  { name: 'Bulgarian', code: 'bul' },
  { name: 'Russian', code: 'rus' },
  { name: 'Turkish', code: 'tur' },
  { name: 'Arabic', code: 'arb' },
  { name: 'Vietnamese', code: 'vie' },
  { name: 'Thai', code: 'tha' },
  { name: 'Chinese', code: 'cmn_hans' },
  { name: 'Hindi', code: 'hin' },
  { name: 'Swahili', code: 'swh' },
  { name: 'Finnish', code: 'fin' },
  { name: 'Georgian', code: 'kat' },
  { name: 'Tamil', code: 'tam' },
  { name: 'Hebrew', code: 'heb' },
]
/** Two more kinds of text: this many sentences of speeches, and lines of source code. */
const UNITS = 400
const SPEECHES = 'English speeches'
const CODE = 'source code'
const SWEPT = [SPEECHES, 'Hindi', CODE]
const BATCH_SIZES = [1, 4, 8, 32, 64]
const BOUNDARIES = ['pretokens', 'word', 'sentence'] as const
/** Points of a curve that are kept. */
const POINTS = [0, 5, 10, 20, 50, 100, 200, 400]

/** Throws FILE_NOT_FOUND outside of a checkout, FILE_WRITE_FAILED, CANCELLED. Writes the result, returns it. */
export async function runExperiment(options: RunOptions): Promise<DynamicTokenizationResult> {
  const { seed = 1, signal, onProgress } = options
  const cache = options.cache ?? cacheFolder(await packageRoot(), SLUG)
  const declarations = await readDeclarations()
  const texts = new Map(
    LANGUAGES.map(({ name, code }) => {
      const found = declarations.find((one) => one.code === code)
      return [name, found ? unitsOf(found.text) : []] as const
    }),
  )
  const { english: speeches, code } = await readCorpora()
  const some = (corpus: typeof code) => splitOf(corpus, seed, 200_000).test
  const sentences = some(speeches).flatMap((text) => text.replaceAll(/\s+/g, ' ').split(/(?<=[.!?]) /))
  texts.set(SPEECHES, sentences.slice(0, UNITS))
  texts.set(CODE, some(code).flatMap(unitsOf).slice(0, UNITS))
  const present = [...texts.keys()].filter((name) => texts.get(name)!.length > 0).map((name) => ({ name }))
  const steps = new Steps(join(cache, 'steps'), { VERSION, seed, SEEDS, BATCH, texts: [...texts] })
  const total = BASES.length * (present.length + 2)
  let done = 0
  const step = async <T>(name: string, make: () => Promise<T>): Promise<T> => {
    throwIfCancelled(signal)
    onProgress?.({ stage: name, done: done++, total, unit: 'items' })
    return steps.do(name, make)
  }

  const languages: LanguageResult[] = []
  const batchSizes: SweepResult[] = []
  const boundaries: SweepResult[] = []
  const table: DynamicTokenizationResult['table'] = []
  for (const base of BASES) {
    const tokenizer = await loadTokenizer(base)
    for (const { name } of present) {
      languages.push(
        await step(`${base}: ${name}`, async () => {
          const full: number[] = []
          const forty: number[] = []
          const merges: number[] = []
          let baseLength = 0
          for (let s = 0; s < SEEDS; s++) {
            const one = await reductionTable(tokenizer, texts.get(name)!, { seed: seed + s, signal })
            const some = await mergesAt(one, 0.4)
            baseLength = one.lengths[0]!
            full.push(savedBy(one))
            forty.push(savedBy(one, some))
            merges.push(some)
          }
          return {
            language: name,
            base,
            texts: texts.get(name)!.length,
            baseLength,
            reduction: overSeeds(full),
            atForty: overSeeds(forty),
            mergesAtForty: Math.round(merges.reduce((sum, n) => sum + n, 0) / SEEDS),
          }
        }),
      )
    }
    const curve = (lengths: readonly number[]): SweepResult['points'] => [
      ...POINTS.filter((merges) => merges < lengths.length - 1).map(
        (merges) => [merges, lengths[merges]!] as const,
      ),
      [lengths.length - 1, lengths.at(-1)!],
    ]
    batchSizes.push(
      ...(await step(`${base}: sizes of batches`, async () => {
        const found: SweepResult[] = []
        for (const language of SWEPT) {
          for (const batchSize of BATCH_SIZES) {
            const { lengths } = await reductionTable(tokenizer, texts.get(language)!, {
              seed,
              batchSize,
              signal,
            })
            found.push({ what: `batches of ${batchSize}`, base, language, points: curve(lengths) })
          }
        }
        return found
      })),
    )
    boundaries.push(
      ...(await step(`${base}: boundaries`, async () => {
        const found: SweepResult[] = []
        for (const language of SWEPT) {
          for (const boundary of BOUNDARIES) {
            const { lengths } = await reductionTable(tokenizer, texts.get(language)!, {
              seed,
              boundary,
              signal,
            })
            found.push({ what: boundary, base, language, points: curve(lengths) })
          }
        }
        return found
      })),
    )
    const english = await reductionTable(tokenizer, texts.get(SPEECHES)!, { seed, signal })
    table.push({ base, lengths: english.lengths.map((length) => Number(length.toFixed(4))) })
  }

  const result: DynamicTokenizationResult = {
    ...(await originOf(SLUG, seed)),
    paper: PAPER_FIGURES,
    rows: rowsOf(languages, batchSizes, table),
    scale: 'smaller than the paper',
    notes: [
      `Texts: the paragraphs of the Universal Declaration of Human Rights in ${present.length - 2} languages, ${Math.min(...LANGUAGES.flatMap(({ name }) => texts.get(name)!.length || []))} to ${Math.max(...LANGUAGES.map(({ name }) => texts.get(name)!.length))} a language, where the paper has XNLI and UNER; so lengths are not comparable, and reductions only in kind.`,
      'The English declaration is short and plain: nearly all its words are tokens already, so there is little to merge; speeches and code stand beside it.',
      'Full merging ends at whole pretokens whatever shares a batch, so its spread is 0; part of the way it is not.',
      'Base tokenizers are byte-level BPE of public decoders; the paper’s figures by merges are for XLM-R (Unigram, 250,000 pieces), which splits words less.',
      `The spread is over ${SEEDS} seeds that put the texts into other batches of ${BATCH}.`,
      'Nothing here needs a model: accuracy with embeddings predicted for merged tokens waits for the room that adapts models.',
    ],
    settings: { batchSize: BATCH, seeds: SEEDS, bases: BASES },
    languages,
    batchSizes,
    boundaries,
    table,
  }
  await saveResult(result, { signal, onProgress, output: options.output, tables: detailTables(result) })
  return result
}

function overSeeds(values: readonly number[]): OverSeeds {
  const { mean, spread } = spreadOf(values, 'seeds')
  return { mean, ...spread }
}

function rowsOf(
  languages: readonly LanguageResult[],
  batchSizes: readonly SweepResult[],
  table: DynamicTokenizationResult['table'],
): ResultRow[] {
  const rows: ResultRow[] = []
  for (const base of BASES) {
    const own = languages.filter((one) => one.base === base)
    const others = own.filter(({ language }) => !['English', SPEECHES, CODE].includes(language))
    const english = own.find((one) => one.language === 'English')!
    // Seed by seed is not kept, so the spread of a mean over languages is that between languages.
    const { mean, spread } = spreadOf(
      others.map((one) => 100 * one.reduction.mean),
      'documents',
    )
    rows.push(
      {
        metric: 'tokens saved by full merging',
        setting: `${base}, English declaration, batches of ${BATCH}, pretoken boundary`,
        baseline: { name: 'base tokens of a text', value: english.baseLength },
        paper: base === BASES[0] ? '14.7 % (XLM-R, XNLI English)' : null,
        ours: 100 * english.reduction.mean,
        unit: '%',
        spread: percent(english.reduction),
      },
      {
        metric: 'tokens saved by full merging, mean of other languages',
        setting: `${base}, ${others.length} languages (the spread is between languages)`,
        baseline: { name: 'English', value: 100 * english.reduction.mean },
        paper: 'more than 20 % (14 languages)',
        ours: mean,
        unit: '%',
        spread,
      },
    )
    for (const kind of [SPEECHES, CODE]) {
      const one = own.find(({ language }) => language === kind)!
      rows.push(
        {
          metric: 'tokens saved by full merging',
          setting: `${base}, ${kind}, batches of ${BATCH}, pretoken boundary`,
          baseline: { name: 'base tokens of a text', value: one.baseLength },
          paper: null,
          ours: 100 * one.reduction.mean,
          unit: '%',
          spread: percent(one.reduction),
        },
        {
          metric: 'tokens saved at 40 % of the way',
          setting: `${base}, ${kind}, ${one.mergesAtForty} merges a batch`,
          baseline: null,
          paper: null,
          ours: 100 * one.atForty.mean,
          unit: '%',
          spread: percent(one.atForty),
        },
      )
    }
  }
  for (const { merges, tokens } of XNLI_LENGTHS) {
    const { base, lengths } = table[0]!
    rows.push({
      metric: 'tokens of a text, as part of the base length',
      setting: `${base}, ${SPEECHES}, batches of ${BATCH}, ${mergesText(merges)} merges`,
      baseline: null,
      paper: `${((100 * tokens) / XNLI_LENGTHS[0]!.tokens).toFixed(1)} % (XLM-R, XNLI)`,
      ours: (100 * lengths[Math.min(merges ?? Infinity, lengths.length - 1)]!) / lengths[0]!,
      unit: '%',
      spread: null,
    })
  }
  for (const { what, base, language, points } of batchSizes) {
    if (base !== BASES[0] || language !== SPEECHES) continue
    const fifty = points.findLast(([merges]) => merges <= 50)!
    rows.push({
      metric: 'tokens saved by 50 merges a batch',
      setting: `${base}, ${SPEECHES}, ${what}`,
      baseline: null,
      paper: what === `batches of ${BATCH}` ? '12.3 % (XLM-R, XNLI)' : null,
      ours: 100 * (1 - fifty[1] / points[0]![1]),
      unit: '%',
      spread: null,
    })
  }
  return rows
}

function percent({ over, count, deviation, min, max }: OverSeeds): ResultRow['spread'] {
  return { over, count, deviation: 100 * deviation, min: 100 * min, max: 100 * max }
}
