// One training run from texts to a trained model: what `pretrain` does, told in notes, with samples of the model's
// text on the way. All that it makes is kept in the run's folder, and it goes on from there.
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { TesseraError } from '../../core/index.ts'
import { readFileBounded, writeFileAtomic } from '../../core/node.ts'
import { type HeldOut, type Prepared, pretrain } from '../../model/index.ts'
import { type Document, splitHeldOut } from './corpus.ts'
import type { Evaluation, RunModel, SizeName, TextSample } from './protocol.ts'
import { TextSampler } from './sample-text.ts'
import { modelSizeOf, sizeOf } from './sizes.ts'

export interface RunSettings {
  folder: string
  size: SizeName
  steps: number
  seed: number
  rate: number
  threads: number
}

/** What a run says while it goes. */
export type RunNote =
  | { kind: 'stage'; stage: string }
  | ({ kind: 'model' } & RunModel)
  | { kind: 'step'; step: number; loss: number; tokensPerSecond: number }
  | { kind: 'evaluation'; evaluation: Evaluation }
  | { kind: 'sample'; sample: TextSample }

/** In a run's folder: its model in the Hugging Face layout, as it was when the run last ended. */
export const EXPORT_FOLDER = 'export'
const EVALUATIONS = 20
const SAVE_EVERY = 50
const WINDOWS = 16
const SAMPLE_TOKENS = 64
const PROMPT_TOKENS = 8
const MOST_FILE_BYTES = 256e6
const STAGES: Readonly<Record<string, string>> = {
  tokenizer: 'training the tokenizer',
  encoding: 'encoding the text',
  training: 'building the training graph',
}

export async function writeTexts(folder: string, documents: readonly Document[]): Promise<void> {
  await writeFileAtomic(join(folder, 'texts.json'), JSON.stringify(documents))
}

async function readTexts(folder: string): Promise<Document[]> {
  const bytes = await readFileBounded(join(folder, 'texts.json'), MOST_FILE_BYTES)
  return JSON.parse(new TextDecoder().decode(bytes)) as Document[]
}

/** Bits per byte on the held-out text. Throws what `pretrain` throws, CANCELLED after a checkpoint. */
export async function trainRun(
  settings: RunSettings,
  say: (note: RunNote) => void,
  signal: AbortSignal,
): Promise<number> {
  const { folder, seed, steps, threads } = settings
  const size = sizeOf(settings.size)
  const texts = splitHeldOut(await readTexts(folder), seed)
  let prepared: Prepared | null = null
  let sampler: TextSampler | null = null
  try {
    const { trained } = await pretrain({
      ...settings,
      name: 'studio',
      groups: [{ name: 'text', ...texts, weight: 1 }],
      tokenizer: size.vocabSize,
      size: modelSizeOf(size),
      rows: size.rows,
      time: size.time,
      warmup: Math.min(100, Math.ceil(steps / 10)),
      fall: 0.4,
      evaluateEvery: Math.max(1, Math.round(steps / EVALUATIONS)),
      saveEvery: SAVE_EVERY,
      windows: WINDOWS,
      signal,
      onStage: (stage) => say({ kind: 'stage', stage: STAGES[stage] ?? stage }),
      async onPrepared(all) {
        prepared = all
        say({ kind: 'model', ...modelOf(settings.size, all), gzipBitsPerByte: gzipBits(texts.heldOut) })
        const json = JSON.stringify(all.family.configJson(all.config), null, 2)
        await writeFileAtomic(join(folder, 'config.json'), json)
      },
      onStep: ({ step, loss, tokensPerSecond }) => say({ kind: 'step', step, loss, tokensPerSecond }),
      async onEvaluation({ step, loss, bitsPerByte }, parameters) {
        say({ kind: 'evaluation', evaluation: { step, loss, bitsPerByte: bitsPerByte.text! } })
        const { config, heldOut, tokenizer } = prepared!
        sampler ??= await TextSampler.open(config, parameters, threads)
        const prompt = heldOut[0]!.ids.subarray(0, PROMPT_TOKENS)
        const ids = await sampler.sample(prompt, SAMPLE_TOKENS, seed)
        const sample = { step, prompt: tokenizer.decode(prompt), text: tokenizer.decode(ids) }
        say({ kind: 'sample', sample })
      },
    })
    return trained.final.text!
  } finally {
    // Assigned in a callback, which the checker does not see.
    await (sampler as TextSampler | null)?.release()
  }
}

/** Throws TRAINING_IMPOSSIBLE for too little text, with how much there is and how much is needed. */
function modelOf(
  name: SizeName,
  { config, parameters, streams, heldOut }: Prepared,
): Omit<RunModel, 'gzipBitsPerByte'> {
  const { time, rows } = sizeOf(name)
  const trainTokens = streams[0]!.ids.length
  const heldOutTokens = (heldOut[0] as HeldOut).ids.length
  const [have, what, least] =
    trainTokens < time * rows
      ? [trainTokens, 'to learn from', time * rows]
      : [heldOutTokens, 'held out to judge by', time + 1]
  if (have < least) {
    throw new TesseraError(
      'TRAINING_IMPOSSIBLE',
      `Too little text: it has ${have} tokens ${what}, and the size “${name}” needs ${least}`,
      { hint: 'Give more text, or take a smaller size' },
    )
  }
  const count = Object.values(parameters).reduce(
    (sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1),
    0,
  )
  return { parameters: count, vocabSize: config.vocabSize, trainTokens, heldOutTokens }
}

/** The whole text in one go, as a compressor is used; the model sees it in windows. */
function gzipBits(texts: readonly string[]): number {
  const bytes = Buffer.from(texts.join(''))
  return (8 * gzipSync(bytes, { level: 9 }).length) / Math.max(1, bytes.length)
}
