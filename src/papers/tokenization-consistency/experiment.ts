// The audit of the paper without a model: vocabularies, what they do to three kinds of text, and random re-encodings
// in place of a model that leaves the canonical ids. Random are the dropped merges; three seeds.
import { join } from 'node:path'
import { packageRoot } from '../../core/node.ts'
import { throwIfCancelled } from '../../core/index.ts'
import {
  ARTIFACTS,
  type ArtifactType,
  auditTokenizer,
  auditVocabulary,
  CUT_KINDS,
  type CutKind,
} from '../../measure/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'
import { firstOf, readCorpora, readDeclarations } from '../experiment/corpora.ts'
import { originOf } from '../experiment/origin.ts'
import { cacheFolder } from '../experiment/places.ts'
import type { ResultRow } from '../experiment/result.ts'
import { saveResult } from '../experiment/save.ts'
import { Steps } from '../experiment/steps.ts'
import { spreadOf } from '../experiment/tables.ts'
import type { RunOptions } from '../paper.ts'
import { PAPER_FIGURES } from './published.ts'
import { reencode } from './reencode.ts'
import type { ConsistencyResult, DropoutResult, OverSeeds, TextResult, VocabularyResult } from './result.ts'
import { detailTables } from './tables.ts'

const SLUG = 'tokenization-consistency'
/** Raised when the measurements change, so that kept steps are not taken over. */
const VERSION = 1
const SEEDS = 3
const RATES = [0.02, 0.1]
const TOKENIZERS = ['gpt2', 'cl100k_base', 'o200k_base', 'qwen3', 'deepseek_v3']
const CHARS = 400_000
const LINES = 400

/** Throws FILE_NOT_FOUND outside of a checkout, FILE_WRITE_FAILED, CANCELLED. Writes the result, returns it. */
export async function runExperiment(options: RunOptions): Promise<ConsistencyResult> {
  const { seed = 1, signal, onProgress } = options
  const cache = options.cache ?? cacheFolder(await packageRoot(), SLUG)
  const { english, code } = await readCorpora()
  const declarations = await readDeclarations()
  const texts: Record<string, string[]> = {
    'English speeches': firstOf(english.documents, CHARS),
    'source code': firstOf(code.documents, CHARS),
    'UDHR, all languages': firstOf(
      declarations.map(({ text }) => text.slice(0, 2000)),
      2 * CHARS,
    ),
  }
  const lines = texts['English speeches']!.flatMap((text) =>
    text.replaceAll(/\s+/g, ' ').split(/(?<=[.!?]) /),
  ).slice(0, LINES)
  const steps = new Steps(join(cache, 'steps'), { VERSION, seed, SEEDS, RATES, LINES, texts })
  const total = TOKENIZERS.length * (1 + Object.keys(texts).length + RATES.length)
  let done = 0
  const step = async <T>(name: string, make: () => Promise<T> | T): Promise<T> => {
    throwIfCancelled(signal)
    onProgress?.({ stage: name, done: done++, total, unit: 'items' })
    return steps.do(name, make)
  }

  const vocabularies: VocabularyResult[] = []
  const measured: TextResult[] = []
  const dropout: DropoutResult[] = []
  for (const name of TOKENIZERS) {
    const tokenizer = await loadTokenizer(name)
    let audited: Awaited<ReturnType<typeof auditVocabulary>> | null = null
    const vocabulary = async () => (audited ??= await auditVocabulary(tokenizer, { signal }))
    vocabularies.push(
      await step(`${name}: vocabulary`, async (): Promise<VocabularyResult> => {
        const audit = await vocabulary()
        const { twins, reachability, partial, intermediates } = audit
        const verdict = (which: string) => reachability.others.filter((one) => one.verdict === which).length
        const part = (n: number) => (twins.tokens === 0 ? 0 : n / twins.tokens)
        return {
          tokenizer: name,
          tokens: audit.tokens,
          twins: {
            any: part(twins.any.tokens),
            space: part(twins.kinds.space.tokens),
            case: part(twins.kinds.case.tokens),
            normalForm: part(twins.kinds['normal form'].tokens),
          },
          unreachable: verdict('never'),
          notMet: verdict('not met'),
          undecodable: partial.ids.length + partial.never.length,
          intermediates: intermediates?.length ?? null,
        }
      }),
    )
    for (const [text, documents] of Object.entries(texts)) {
      measured.push(
        await step(`${name}: ${text}`, async (): Promise<TextResult> => {
          const parts = documents.map((document, i) => ({ document: `${text} ${i}`, text: document }))
          const { corpus } = await auditTokenizer(tokenizer, parts, {
            seed,
            signal,
            vocabulary: await vocabulary(),
          })
          const { words, varied, types, encodings, instability } = corpus!
          return {
            tokenizer: name,
            text,
            words: words.occurrences,
            otherEncodings: words.occurrences === 0 ? 0 : varied.otherOccurrences / words.occurrences,
            types: Object.fromEntries(ARTIFACTS.map(({ type }) => [type, types[type].occurrences])) as Record<
              ArtifactType,
              number
            >,
            meanBits: encodings.meanBits,
            instability: Object.fromEntries(
              CUT_KINDS.map((kind) => {
                const { cuts, unstable } = instability.kinds[kind]
                return [kind, cuts === 0 ? null : unstable / cuts]
              }),
            ) as Record<CutKind, number | null>,
          }
        }),
      )
    }
    for (const rate of RATES) {
      dropout.push(
        await step(`${name}: merges dropped at ${rate}`, (): DropoutResult => {
          const runs = Array.from({ length: SEEDS }, (_, s) =>
            reencode(tokenizer, lines, rate, seed + s, signal),
          )
          const mean = (value: (run: (typeof runs)[number]) => number) =>
            runs.reduce((sum, run) => sum + value(run), 0) / SEEDS
          return {
            tokenizer: name,
            rate,
            canonical: overSeeds(runs.map((run) => run.canonical)),
            changedWords: overSeeds(runs.map((run) => run.changedWords)),
            same: mean((run) => run.same),
            more: mean((run) => run.more),
            fewer: mean((run) => run.fewer),
            types: runs[0]!.types,
            repaired: mean((run) => run.repaired),
          }
        }),
      )
    }
  }

  const result: ConsistencyResult = {
    ...(await originOf(SLUG, seed)),
    paper: PAPER_FIGURES,
    rows: rowsOf(vocabularies, measured, dropout),
    scale: 'smaller than the paper',
    notes: [
      'The paper’s figures are of chat models. No model runs here yet, so nothing below contradicts or confirms them: the audit is of tokenizers, and dropped merges stand in for a model that leaves the canonical ids.',
      'Dropped merges only split, so all their phantom edits have more tokens; the models of the paper mostly swap one token for its twin with or without a space (72 %). The share of tokens that have such a twin is beside it.',
      'The probe of a model behind a URL is built and tested against a scripted server that shows each of the eight types: tessera audit --endpoint.',
      'Word occurrences whose ids are not the word’s commonest are counted in context: sentence starts, punctuation and line breaks change them without any model.',
    ],
    settings: { seeds: SEEDS, rates: RATES, tokenizers: TOKENIZERS },
    vocabularies,
    texts: measured,
    dropout,
  }
  await saveResult(result, { signal, onProgress, output: options.output, tables: detailTables(result) })
  return result
}

function overSeeds(values: readonly number[]): OverSeeds {
  const { mean, spread } = spreadOf(values, 'seeds')
  return { mean, ...spread }
}

const percent = ({ over, count, deviation, min, max }: OverSeeds): ResultRow['spread'] => ({
  over,
  count,
  deviation: 100 * deviation,
  min: 100 * min,
  max: 100 * max,
})

function rowsOf(
  vocabularies: readonly VocabularyResult[],
  texts: readonly TextResult[],
  dropout: readonly DropoutResult[],
): ResultRow[] {
  const row = (
    metric: string,
    setting: string,
    ours: number,
    unit: string,
    more: Partial<ResultRow> = {},
  ): ResultRow => ({
    metric,
    setting,
    baseline: null,
    paper: null,
    ours,
    unit,
    spread: null,
    ...more,
  })
  return [
    ...vocabularies.flatMap(({ tokenizer, tokens, twins, unreachable, undecodable }) => [
      row('tokens with a twin but for a leading space', tokenizer, 100 * twins.space, '%', {
        paper: '72.2 % of phantom edits are one token to one token',
        baseline: { name: 'a twin in any way, %', value: 100 * twins.any },
      }),
      row('tokens that no text reaches', `${tokenizer}, ${tokens} tokens`, unreachable, 'tokens'),
      row('tokens that are no text by themselves', `${tokenizer}, ${tokens} tokens`, undecodable, 'tokens'),
    ]),
    ...texts.flatMap(({ tokenizer, text, otherEncodings, meanBits, instability }) => [
      row(
        'word occurrences in other ids than the commonest',
        `${tokenizer}, ${text}`,
        100 * otherEncodings,
        '%',
      ),
      row('encodings of a word, mean of log2', `${tokenizer}, ${text}`, meanBits, 'bits'),
      row(
        'cuts inside a word that change earlier ids',
        `${tokenizer}, ${text}`,
        100 * (instability['inside a word'] ?? 0),
        '%',
        {
          baseline: { name: 'after a word, %', value: 100 * (instability['after a word'] ?? 0) },
        },
      ),
    ]),
    ...dropout.flatMap(({ tokenizer, rate, canonical, changedWords, more, repaired }) => [
      row(
        'words in other ids, text unchanged',
        `${tokenizer}, merges dropped at ${rate}`,
        100 * changedWords.mean,
        '%',
        {
          spread: percent(changedWords),
        },
      ),
      row('sentences still canonical', `${tokenizer}, merges dropped at ${rate}`, 100 * canonical.mean, '%', {
        baseline: { name: 'repaired by canonicalize, %', value: 100 * repaired },
        spread: percent(canonical),
      }),
      row('phantom edits with more tokens', `${tokenizer}, merges dropped at ${rate}`, 100 * more, '%', {
        paper: 'about 19.7 % (models)',
      }),
    ]),
  ]
}
