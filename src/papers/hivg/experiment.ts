// The experiment without a model: how long are icons as sequences, what do atomic tokens and segments each gain,
// and does a drawing still look the same afterwards. Segments and BPE are learned on three icon sets, three random
// splits, and measured on held-out icons and on a set that was never seen.
import { join } from 'node:path'
import { Random, type LongWork } from '../../core/index.ts'
import { packageRoot, writeFileAtomic } from '../../core/node.ts'
import { loadTokenizer, svgTokens, type SvgTokens, type TextBase } from '../../tokenizer/index.ts'
import { originOf } from '../experiment/origin.ts'
import { cacheFolder, checkoutFolder } from '../experiment/places.ts'
import { saveResult } from '../experiment/save.ts'
import { Steps } from '../experiment/steps.ts'
import { type IconCorpus, readIcons, splitIcons } from './corpus.ts'
import { type Prepared, prepareIcon } from './count.ts'
import { measureFidelity } from './fidelity.ts'
import type { HivgOptions } from './paper.ts'
import { PAPER_FIGURES } from './published.ts'
import type { CanvasResult, HivgResult, SplitResult } from './result.ts'
import { resultRows } from './rows.ts'
import { breathe, COMPARED, PUBLIC, SETTINGS } from './settings.ts'
import { measureSplit } from './split.ts'
import { resultTables } from './tables.ts'

/** Changes when what is measured does: finished steps of another version are not taken up. */
const VERSION = 2

/** Throws what reading the icons, rendering and writing throw, and CANCELLED. */
export async function runExperiment(options: HivgOptions): Promise<HivgResult> {
  const { seed = 1 } = options
  const work: LongWork = { onProgress: options.onProgress, signal: options.signal }
  const root = await packageRoot()
  const svg = await svgTokens()
  const corpus = await readIcons()
  const steps = new Steps(join(options.cache ?? cacheFolder(root, 'hivg'), 'steps'), {
    VERSION,
    SETTINGS,
    seed,
    icons: corpus.sha256,
  })
  const publicTokenizers = await Promise.all(PUBLIC.map((name) => loadTokenizer(name)))
  const bases = [...publicTokenizers.map((tokenizer) => svg.textBase(tokenizer)), svg.BYTE_BASE]
  const seeds = Array.from({ length: SETTINGS.seeds }, (_, i) => seed + i)

  const canvases: CanvasResult[] = []
  for (const canvas of SETTINGS.canvases) {
    const names = ['counts', ...seeds.map((one) => `split ${one}`)].map((name) => `${canvas} ${name}`)
    let prepared: Prepared[] | null = null
    const icons = async () => (prepared ??= await prepare(svg, corpus, canvas, bases, work))
    const splits: SplitResult[] = []
    for (const [i, one] of seeds.entries()) {
      splits.push(
        await steps.do(names[i + 1]!, async () =>
          measureSplit(svg, await icons(), canvas, one, publicTokenizers, work),
        ),
      )
    }
    const zeroMoves = await steps.do(`${canvas} moves`, async () => {
      const all = await icons()
      return all.reduce((sum, icon) => sum + icon.zeroMoves, 0) / all.length
    })
    const fidelity = []
    for (const set of SETTINGS.rendered) {
      const own = corpus.icons.filter((icon) => icon.set === set)
      fidelity.push(
        await steps.do(`${canvas} render ${set}`, () => measureFidelity(svg, own, set, canvas, work)),
      )
    }
    canvases.push({ canvas, atomic: new svg.SvgLayout(canvas).size, zeroMoves, splits, fidelity })
  }

  const result: HivgResult = {
    ...(await originOf('hivg', seed, corpus.versions)),
    paper: [...PAPER_FIGURES],
    rows: resultRows(canvases),
    scale: 'smaller than the paper',
    notes: NOTES,
    settings: { ...SETTINGS, compared: COMPARED },
    canvases,
  }
  await saveResult(result, { ...work, output: options.output, tables: resultTables(result) })
  if (!options.output && checkoutFolder(root, 'hivg')) {
    await writeVocabularies(svg, corpus, seed, join(root.folder, 'vocabularies'), work)
  }
  return result
}

const NOTES = [
  'Corpus: about 13,000 icons of three npm packages instead of 2.45 million mixed files; minimum frequency 5 instead of 50 to 100, in proportion. Spreads are over three random splits.',
  '“Raw” is the file as its package ships it; part of the gain over raw text is the canonical form (no metadata, whole coordinates), which is why canonical text stands beside it.',
  'Attributes are text for the base tokenizer in all sequences of ours; in the rows with BPE of equal size they are single bytes.',
  'Pairs only is the form of the released code; with single commands is that of the paper’s text and figures.',
  'Pairs gain nearly nothing on the unseen set (1.00× against 1.05×): runs of two or more commands with the very same distances are a habit of one icon set that others do not share. The paper tests on its own mixed corpus.',
  'Moves to nowhere are rarer than in the paper: icon sets are minimised before they are published. On smaller canvases more moves become nowhere by rounding.',
]

async function prepare(
  svg: SvgTokens,
  { icons }: IconCorpus,
  canvas: number,
  bases: readonly TextBase[],
  work: LongWork,
): Promise<Prepared[]> {
  const prepared: Prepared[] = []
  for (const icon of icons) {
    if (prepared.length % 200 === 0) {
      await breathe(work)
      const stage = `canvas ${canvas}: canonical drawings`
      work.onProgress?.({ stage, done: prepared.length, total: icons.length, unit: 'files' })
    }
    prepared.push(prepareIcon(svg, icon, canvas, bases))
  }
  return prepared
}

/** The vocabularies that ship: of the first split's training icons, so that its test icons stay unseen. */
async function writeVocabularies(
  svg: SvgTokens,
  { icons }: IconCorpus,
  seed: number,
  folder: string,
  work: LongWork,
): Promise<void> {
  const { train } = splitIcons(icons, new Random(seed))
  for (const canvas of svg.CANVASES) {
    const paths = train.flatMap(({ text }) =>
      svg.pathsOf(svg.canonicalise(text, canvas).drawing).map((path) => path.commands!),
    )
    const { minFrequency } = SETTINGS
    const { vocabulary } = await svg.trainSegments(paths, { canvas, size: COMPARED, minFrequency, ...work })
    await writeFileAtomic(join(folder, svg.segmentFile(canvas)), vocabulary.save())
  }
}
