// The experiment without a model: how long are icons as sequences, what do atomic tokens and segments each gain,
// and does a drawing still look the same afterwards. Segments and BPE are learned on three icon sets, three random
// splits, and measured on held-out icons and on a set that was never seen.
import { join } from 'node:path'
import { Random, throwIfCancelled, type LongWork } from '../../core/index.ts'
import { writeFileAtomic } from '../../core/node.ts'
import {
  loadTokenizer,
  svgTokens,
  trainBpe,
  type SvgTokens,
  type TextBase,
  type TrainedSegments,
  type Tokenizer,
} from '../../tokenizer/index.ts'
import { originOf } from '../experiment/origin.ts'
import { cacheFolder, checkoutFolder, packageRoot } from '../experiment/places.ts'
import { saveResult } from '../experiment/save.ts'
import { Steps } from '../experiment/steps.ts'
import { type Icon, type IconCorpus, readIcons, splitIcons } from './corpus.ts'
import { type Prepared, prepareIcon, segmentCounter } from './count.ts'
import { measureFidelity } from './fidelity.ts'
import type { HivgOptions } from './paper.ts'
import { PAPER_FIGURES } from './published.ts'
import type { CanvasResult, HivgResult, Lengths, SplitResult } from './result.ts'
import { resultRows } from './rows.ts'
import { resultTables } from './tables.ts'

const SETTINGS = {
  canvases: [784, 224, 64],
  sizes: [100, 500, 1000, 2000],
  minFrequency: 5,
  minFrequencies: [5, 20, 50, 100],
  seeds: 3,
  /** Sets whose pictures are compared before and after. */
  rendered: ['bootstrap-icons', 'lucide-static'],
}
/** Segments of the vocabularies that ship, and of the compared rows. */
const COMPARED = 500
/** Public tokenizers: the paper's kind, which cuts numbers into single digits, and one that does not. */
const PUBLIC = ['qwen3', 'o200k_base']
const VERSION = 1

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
]

async function breathe({ signal }: LongWork): Promise<void> {
  throwIfCancelled(signal)
  await new Promise((resolve) => setTimeout(resolve))
}

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

const commandsOf = (svg: SvgTokens, icons: readonly Prepared[]) =>
  icons.flatMap(({ drawing }) => svg.pathsOf(drawing).map((path) => path.commands!))

async function measureSplit(
  svg: SvgTokens,
  prepared: readonly Prepared[],
  canvas: number,
  seed: number,
  publicTokenizers: readonly Tokenizer[],
  work: LongWork,
): Promise<SplitResult> {
  const byText = new Map<Icon, Prepared>(prepared.map((one) => [one.icon, one]))
  const split = splitIcons(
    prepared.map(({ icon }) => icon),
    new Random(seed),
  )
  const [train, heldOut, unseen] = [split.train, split.heldOut, split.unseen].map((icons) =>
    icons.map((icon) => byText.get(icon)!),
  ) as [Prepared[], Prepared[], Prepared[]]

  const stage = (name: string) => ({
    signal: work.signal,
    onProgress: (p: Parameters<NonNullable<LongWork['onProgress']>>[0]) =>
      work.onProgress?.({ ...p, stage: `canvas ${canvas}, split ${seed}: ${name}` }),
  })
  // As many tokens as ours with bytes as base.
  const vocabSize = 256 + new svg.SvgLayout(canvas).size + COMPARED
  const bpe = (name: string, texts: string[]) =>
    trainBpe(
      texts.map((text) => new TextEncoder().encode(text)),
      { vocabSize, threads: 1, ...stage(name) },
    )
  const onRaw = await bpe(
    'BPE on files',
    train.map(({ icon }) => icon.text),
  )
  const onCanonical = await bpe(
    'BPE on canonical text',
    train.map(({ text }) => text),
  )
  const withPaths = train.filter(({ pathData }) => pathData !== null)
  const onRawPaths = await bpe(
    'BPE on path data',
    withPaths.map(({ pathData }) => pathData!),
  )
  const onCanonicalPaths = await bpe(
    'BPE on rounded path data',
    withPaths.map((one) => pathsText(svg, one)),
  )

  const most = Math.max(...SETTINGS.sizes)
  const forms: ({ singles: boolean } & TrainedSegments)[] = []
  for (const singles of [false, true]) {
    const { minFrequency } = SETTINGS
    const trained = await svg.trainSegments(commandsOf(svg, train), {
      canvas,
      size: most,
      minFrequency,
      singles,
      ...stage('segments'),
    })
    forms.push({ singles, ...trained })
  }

  const lengths = async (icons: readonly Prepared[]): Promise<Lengths> => {
    const sum = (value: (one: Prepared) => number) => icons.reduce((total, one) => total + value(one), 0)
    const encoder = new TextEncoder()
    const tokens = (tokenizer: Tokenizer, text: (one: Prepared) => string) =>
      sum((one) => tokenizer.count(text(one), { specials: 'text', template: false }))
    const raw: Record<string, number> = {}
    const canonical: Record<string, number> = {}
    const attributes: Record<string, number> = { bytes: sum((one) => one.attributes.bytes!) }
    for (const tokenizer of publicTokenizers) {
      raw[tokenizer.name] = tokens(tokenizer, ({ icon }) => icon.text)
      canonical[tokenizer.name] = tokens(tokenizer, ({ text }) => text)
      attributes[tokenizer.name] = sum((one) => one.attributes[tokenizer.name]!)
      await breathe(work)
    }
    raw.bpe = tokens(onRaw, ({ icon }) => icon.text)
    canonical.bpe = tokens(onCanonical, ({ text }) => text)
    const pathIcons = icons.filter(({ pathData }) => pathData !== null)
    const pathSum = (value: (one: Prepared) => number) =>
      pathIcons.reduce((total, one) => total + value(one), 0)
    const o200k = publicTokenizers.find(({ name }) => name === 'o200k_base')!
    const paths = {
      bytes: pathSum(({ pathData }) => encoder.encode(pathData!).length),
      o200k: pathSum(({ pathData }) => o200k.count(pathData!)),
      bpe: pathSum(({ pathData }) => onRawPaths.count(pathData!)),
      canonicalBpe: pathSum((one) => onCanonicalPaths.count(pathsText(svg, one))),
      atoms: pathSum(({ pathAtoms }) => pathAtoms),
      segments: 0,
      pairs: 0,
    }
    const segments = []
    for (const { singles, vocabulary, frequencies } of forms) {
      const measured = async (size: number) => {
        await breathe(work)
        const counter = segmentCounter(svg, vocabulary.first(size))
        const count = (one: Prepared) =>
          svg.pathsOf(one.drawing).reduce((total, path) => total + counter(path.commands!), 0)
        if (size === Math.min(COMPARED, vocabulary.size)) {
          paths[singles ? 'segments' : 'pairs'] = pathSum(count)
        }
        return sum((one) => one.atoms - one.pathAtoms + count(one))
      }
      for (const size of SETTINGS.sizes) {
        const kept = Math.min(size, vocabulary.size)
        segments.push({
          singles,
          size: kept,
          minFrequency: SETTINGS.minFrequency,
          tokens: await measured(kept),
        })
      }
      for (const minFrequency of SETTINGS.minFrequencies.slice(1)) {
        const size = frequencies.filter((f) => f > minFrequency).length
        segments.push({
          singles,
          size: Math.min(size, COMPARED),
          minFrequency,
          tokens: await measured(Math.min(size, COMPARED)),
        })
      }
    }
    return {
      files: icons.length,
      bytes: sum(({ icon }) => encoder.encode(icon.text).length),
      canonicalBytes: sum(({ text }) => encoder.encode(text).length),
      raw,
      canonical,
      attributes,
      atoms: sum(({ atoms }) => atoms),
      segments,
      paths,
    }
  }
  return {
    seed,
    trainFiles: train.length,
    trainCommands: forms[0]!.commands,
    bpeSize: onRaw.vocabSize,
    heldOut: await lengths(heldOut),
    unseen: await lengths(unseen),
  }
}

function pathsText(svg: SvgTokens, { drawing }: Prepared): string {
  return svg
    .pathsOf(drawing)
    .map((path) => svg.pathText(path.commands!))
    .join('\n')
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
