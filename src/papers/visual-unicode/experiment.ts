// The paper's experiment, of which the tokenizer and the table are here: characters per token in 32 languages
// over five splits of the texts, coverage of the font, collisions, variance by width, and likeness of neighbours.
import { existsSync } from 'node:fs'
import { packageRoot } from '../../core/node.ts'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LongWork } from '../../core/index.ts'
import { loadTokenizer, shippedFont } from '../../tokenizer/index.ts'
import { originOf } from '../experiment/origin.ts'
import { cacheFolder, checkoutFolder } from '../experiment/places.ts'
import { saveResult } from '../experiment/save.ts'
import { Steps } from '../experiment/steps.ts'
import type { RunOptions } from '../paper.ts'
import { loadCorpus } from './corpus.ts'
import { picturesRun } from './pictures-run.ts'
import { PAPER_FIGURES } from './published.ts'
import { NOTES, rowsOf, type VisualUnicodeResult } from './result.ts'
import { shipFont, shipNgrams } from './ship.ts'
import { splitRun, type SplitResult } from './split-run.ts'
import { furtherTables } from './tables.ts'

const SLUG = 'visual-unicode'
const SPLITS = 5
/** Raised when the measurements change, so that kept steps are not taken over. */
const VERSION = 1

/** Throws FILE_NOT_FOUND, FILE_WRITE_FAILED, CANCELLED. Writes the result and returns it. */
export async function runExperiment(options: RunOptions): Promise<VisualUnicodeResult> {
  const { seed = 1 } = options
  const work: LongWork = { onProgress: options.onProgress, signal: options.signal }
  const root = await packageRoot()
  const cache = options.cache ?? cacheFolder(root, SLUG)
  await mkdir(cache, { recursive: true })
  const checkout = checkoutFolder(root, SLUG)
  const vocabularies = join(root.folder, 'vocabularies')
  const ships = checkout !== null && options.output === undefined && existsSync(vocabularies)
  const corpus = await loadCorpus()
  const fontVersion = ships ? await shipFont(vocabularies) : null
  const { tokenizer, perLanguage } = await shipNgrams(corpus, ships ? vocabularies : null, work)
  const font = await shippedFont()
  const steps = new Steps(join(cache, 'steps'), {
    VERSION,
    seed,
    font: font.fingerprint,
    ngrams: tokenizer.ngrams,
    versions: corpus.versions,
  })

  const others = { cl100k: await loadTokenizer('cl100k_base'), o200k: await loadTokenizer('o200k_base') }
  const splits: SplitResult[] = []
  for (let i = 0; i < SPLITS; i++) {
    const named: LongWork = {
      ...work,
      onProgress: (p) => work.onProgress?.({ ...p, stage: `split ${i + 1} of ${SPLITS}: ${p.stage}` }),
    }
    splits.push(await steps.do(`split ${i}`, () => splitRun(corpus, seed + i, others, named)))
  }
  const pictures = await steps.do('pictures', () => picturesRun(tokenizer, font, seed, work))

  const versions = {
    ...corpus.versions,
    ...(fontVersion === null ? {} : { '@fontsource/unifontex': fontVersion }),
    unicode: process.versions.unicode ?? 'unknown',
  }
  const result: VisualUnicodeResult = {
    ...(await originOf(SLUG, seed, versions)),
    paper: PAPER_FIGURES,
    rows: rowsOf(splits, pictures),
    scale: 'smaller than the paper',
    notes: NOTES,
    shipped: { ngrams: tokenizer.ngrams.length, perLanguage },
    splits,
    pictures,
  }
  await saveResult(result, { ...work, output: options.output, tables: furtherTables(result) })
  return result
}
