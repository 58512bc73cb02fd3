// The paper's experiment, smaller: tokenizers trained on more and more text, their entropies beside shuffled
// controls, compression in and out of their domain, utilisation of the channel, ids under compressors,
// LZ-aware merges, and published tokenizers on the same texts and on the UDHR. All texts are installed with
// a checkout; nothing is fetched. What is random is the split into training and held-out documents.
import { createHash } from 'node:crypto'
import { packageRoot } from '../../core/node.ts'
import { join } from 'node:path'
import type { LongWork } from '../../core/index.ts'
import { cacheFolder } from '../experiment/places.ts'
import { originOf } from '../experiment/origin.ts'
import { saveResult } from '../experiment/save.ts'
import { Steps } from '../experiment/steps.ts'
import type { RunOptions } from '../paper.ts'
import { measureBox, openBoxes, parityResult, premiumsOf } from './boxes.ts'
import { boxGains, lzMeasures, transformGains } from './compressed.ts'
import { readCorpora, readDeclarations, splitOf, firstOf, type Corpus } from '../experiment/corpora.ts'
import { PAPER_FIGURES, PAPER_SCALE } from './published.ts'
import type { InformationResult } from './result.ts'
import { lzResults, notesOf, rowsOf, scaleResults, transformResults } from './rows.ts'
import { detailTables } from './tables.ts'
import { measureBpe, measureOther, type TrainedMeasure } from './trained.ts'

/** Raised when the measurements change, so that kept steps are not taken over. */
const VERSION = 1
const SEEDS = 3
const SCALES = [1e3, 1e4, 1e5, 1e6, 8e6]
const SIZES = [512, 1024, 4096, 16_384, 65_536]
const COMPARED = 16_384
const TEST_CHARS = 1e6
/** Turkish messages are few: this many characters of them are held out. */
const TURKISH_TEST_CHARS = 1e5
const LZ = { streamBytes: 80_000, candidates: 12, level: 6, testChars: 300_000, sizes: [384, 512, 1024] }

/** Throws what reading, training and writing throw, and CANCELLED. Writes the result and returns it. */
export async function runExperiment(options: RunOptions): Promise<InformationResult> {
  const { seed = 1 } = options
  const cache = options.cache ?? cacheFolder(await packageRoot(), 'information-theoretic-tokenizers')
  const work: LongWork = { signal: options.signal }
  const corpora = await readCorpora()
  const declarations = await readDeclarations()
  const seeds = Array.from({ length: SEEDS }, (_, i) => seed + i)
  const steps = new Steps(join(cache, 'steps'), {
    VERSION,
    SCALES,
    SIZES,
    LZ,
    texts: [...Object.values(corpora).map(({ documents }) => documents), declarations].map(hashOf),
  })
  // All steps are known beforehand, so that progress can say how many are left.
  const plan: (() => Promise<void>)[] = []
  const step = <T>(name: string, into: (value: T) => void, make: () => Promise<T>) => {
    plan.push(async () => {
      options.onProgress?.({ stage: name, done: finished, total: plan.length, unit: 'items' })
      into(await steps.do(name, make))
      finished++
    })
  }
  let finished = 0

  const trained: TrainedMeasure[][] = seeds.map(() => [])
  const gains: {
    seed: number
    domain: string
    tokenizer: string
    gains: Awaited<ReturnType<typeof boxGains>>
  }[] = []
  const lz: { domain: string; found: Awaited<ReturnType<typeof lzMeasures>> }[] = []
  const boxes: InformationResult['boxes'] = []
  const premiums: { name: string; premiums: Awaited<ReturnType<typeof premiumsOf>> }[] = []

  for (const [s, one] of seeds.entries()) {
    const english = splitOf(corpora.english, one, TEST_CHARS)
    const code = splitOf(corpora.code, one, TEST_CHARS)
    const turkish = splitOf(corpora.turkish, one, TURKISH_TEST_CHARS)
    const tests = {
      English: english.test,
      code: code.test,
      Turkish: turkish.test,
      novel: firstOf(corpora.novel.documents, TEST_CHARS),
    }
    const training = { English: english.train, code: code.train, Turkish: turkish.train }
    for (const [domain, train] of Object.entries(training)) {
      for (const trainChars of SCALES.filter((scale) => scale <= 1.05 * charsOf(train))) {
        const settings = {
          trainChars,
          sizes: SIZES,
          comparedSize: COMPARED,
          entropies: domain !== 'Turkish',
          seed: one,
        }
        const keep = (found: TrainedMeasure[]) => trained[s]!.push(...found)
        step(`seed ${one}: BPE, ${domain}, ${trainChars} characters`, keep, () =>
          measureBpe(domain, train, tests, settings, work),
        )
        if (domain !== 'English') continue
        for (const model of ['WordPiece', 'Unigram'] as const) {
          step(`seed ${one}: ${model}, ${domain}, ${trainChars} characters`, keep, async () => [
            await measureOther(model, domain, train, tests, settings, work),
          ])
        }
      }
    }
    for (const [domain, { train, test }] of Object.entries({ English: english, code })) {
      step(
        `seed ${one}: ids under compressors, ${domain}`,
        (found) => gains.push({ seed: one, domain, tokenizer: 'BPE', gains: found }),
        () => transformGains(train, test, [1024, COMPARED], work),
      )
      step(
        `seed ${one}: LZ-aware merges, ${domain}`,
        (found) => lz.push({ domain, found }),
        () => lzMeasures(train, test, LZ, work),
      )
    }
    if (s > 0) continue
    for (const { name, tokenizer } of await openBoxes()) {
      step(
        `${name} on all texts`,
        (found) => boxes.push(found),
        () => measureBox(name, tokenizer, tests, one, work),
      )
      step(
        `${name} on the UDHR`,
        (found) => premiums.push({ name, premiums: found }),
        () => premiumsOf(tokenizer, declarations, work),
      )
      for (const domain of ['English', 'code'] as const) {
        step(
          `${name} ids under gzip, ${domain}`,
          (found) => gains.push({ seed: one, domain, tokenizer: name, gains: found }),
          () => boxGains(tokenizer, tests[domain], work),
        )
      }
    }
  }
  for (const run of plan) await run()

  const scales = scaleResults(trained)
  const transform = transformResults(gains)
  const lzFound = lzResults(lz)
  const details = {
    settings: {
      seeds,
      scales: SCALES,
      sizes: SIZES,
      comparedSize: COMPARED,
      testChars: TEST_CHARS,
      lz: {
        streamBytes: LZ.streamBytes,
        candidates: LZ.candidates,
        level: LZ.level,
        testChars: LZ.testChars,
      },
    },
    corpora: Object.values(corpora).map(described),
    trained: scales,
    boxes,
    parity: parityResult(declarations, premiums),
    transform,
    lz: lzFound,
    mergeSeconds: {
      lz: median(lz.map(({ found }) => found.seconds.lz)),
      plain: median(lz.map(({ found }) => found.seconds.plain)),
    },
  }
  const result: InformationResult = {
    ...(await originOf('information-theoretic-tokenizers', seed)),
    paper: PAPER_FIGURES,
    rows: rowsOf(details),
    scale: 'smaller than the paper',
    notes: notesOf(details, PAPER_SCALE),
    ...details,
  }
  await saveResult(result, { ...options, tables: detailTables(result) })
  return result
}

const charsOf = (documents: readonly string[]) => documents.reduce((sum, text) => sum + text.length, 0)

function described({ name, documents }: Corpus) {
  const bytes = documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return { name, documents: documents.length, chars: charsOf(documents), bytes }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
}
