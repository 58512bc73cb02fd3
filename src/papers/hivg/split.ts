// One random split of the icons: BPE and segments are learned on its training part, and every kind of sequence is
// counted on its held-out part and on the set that was never seen.
import { Random, type LongWork } from '../../core/index.ts'
import { trainBpe, type SvgTokens, type Tokenizer, type TrainedSegments } from '../../tokenizer/index.ts'
import { type Icon, splitIcons } from './corpus.ts'
import { type Prepared, segmentCounter } from './count.ts'
import type { Lengths, SplitResult } from './result.ts'
import { breathe, COMPARED, SETTINGS } from './settings.ts'

const commandsOf = (svg: SvgTokens, icons: readonly Prepared[]) =>
  icons.flatMap(({ drawing }) => svg.pathsOf(drawing).map((path) => path.commands!))

/** Throws CANCELLED. */
export async function measureSplit(
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
