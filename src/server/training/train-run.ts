// One training run from texts to a trained model: tokenizer, token streams, training, samples on the way. It
// keeps what it makes in the run's folder and goes on from there when it is started again.
import { join } from 'node:path'
import { TesseraError } from '../../core/index.ts'
import { readFileBounded, writeFileAtomic } from '../../core/node.ts'
import { familyOf, trainLanguageModel } from '../../model/index.ts'
import { loadTokenizer, type Tokenizer, trainBpe, writeTokenizerJson } from '../../tokenizer/index.ts'
import { splitHeldOut, type Document } from './corpus.ts'
import type { Evaluation, SizeName, TextSample } from './protocol.ts'
import { TextSampler } from './sample-text.ts'
import { configOf, sizeOf, type Size } from './sizes.ts'

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
  | { kind: 'model'; parameters: number; vocabSize: number; trainTokens: number; heldOutTokens: number }
  | { kind: 'step'; step: number; loss: number; tokensPerSecond: number }
  | { kind: 'evaluation'; evaluation: Evaluation }
  | { kind: 'sample'; sample: TextSample }

export const END_OF_TEXT = '<|endoftext|>'
const EVALUATIONS = 20
const SAVE_EVERY = 50
const WINDOWS = 16
const SAMPLE_TOKENS = 64
const PROMPT_TOKENS = 8
/** Files of a run: the page's texts, its tokenizer, and the model's config.json. */
const TEXTS = 'texts.json'
const MOST_FILE_BYTES = 256e6

export async function writeTexts(folder: string, documents: readonly Document[]): Promise<void> {
  await writeFileAtomic(join(folder, TEXTS), JSON.stringify(documents))
}

async function readTexts(folder: string): Promise<Document[]> {
  const bytes = await readFileBounded(join(folder, TEXTS), MOST_FILE_BYTES)
  return JSON.parse(new TextDecoder().decode(bytes)) as Document[]
}

/** Bits per byte on the held-out text. Throws what `trainLanguageModel` throws, CANCELLED after a checkpoint. */
export async function trainRun(
  settings: RunSettings,
  say: (note: RunNote) => void,
  signal: AbortSignal,
): Promise<number> {
  const { folder, seed, steps, rate, threads } = settings
  const size = sizeOf(settings.size)
  const texts = splitHeldOut(await readTexts(folder), seed)
  say({ kind: 'stage', stage: 'training the tokenizer' })
  const tokenizer = await tokenizerOf(size, texts.train, folder, signal)
  const end = tokenizer.encode(END_OF_TEXT, { specials: 'parse', template: false })[0]!
  say({ kind: 'stage', stage: 'encoding the text' })
  const train = streamOf(tokenizer, texts.train, end)
  const heldOut = streamOf(tokenizer, texts.heldOut, end)
  checkLengths(size, train.length, heldOut.length)

  const family = familyOf({ architectures: ['LlamaForCausalLM'] })
  const config = configOf(size, tokenizer.vocabSize, end)
  await writeFileAtomic(join(folder, 'config.json'), JSON.stringify(family.configJson(config), null, 2))
  const parameters = Object.values(family.parameters(config)).reduce(
    (sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1),
    0,
  )
  say({
    kind: 'model',
    parameters,
    vocabSize: tokenizer.vocabSize,
    trainTokens: train.length,
    heldOutTokens: heldOut.length,
  })
  say({ kind: 'stage', stage: 'building the training graph' })
  let sampler: TextSampler | null = null
  try {
    const { final } = await trainLanguageModel({
      family,
      config,
      streams: [{ name: 'text', ids: train, weight: 1 }],
      heldOut: [{ name: 'text', ids: heldOut }],
      tokenBytes: Uint16Array.from({ length: tokenizer.vocabSize }, (_, id) =>
        id === end ? 0 : tokenizer.decodeBytes([id]).length,
      ),
      folder,
      steps,
      rows: size.rows,
      time: size.time,
      seed,
      rate,
      warmup: Math.min(100, Math.ceil(steps / 10)),
      fall: 0.4,
      threads,
      evaluateEvery: Math.max(1, Math.round(steps / EVALUATIONS)),
      saveEvery: SAVE_EVERY,
      windows: WINDOWS,
      signal,
      onStep: ({ step, loss, tokensPerSecond }) => say({ kind: 'step', step, loss, tokensPerSecond }),
      onEvaluation: async ({ step, loss, bitsPerByte }, values) => {
        say({ kind: 'evaluation', evaluation: { step, loss, bitsPerByte: bitsPerByte.text! } })
        sampler ??= await TextSampler.open(config, values, threads)
        const prompt = heldOut.subarray(0, PROMPT_TOKENS)
        const ids = await sampler.sample(prompt, SAMPLE_TOKENS, seed)
        say({
          kind: 'sample',
          sample: { step, prompt: tokenizer.decode(prompt), text: tokenizer.decode(ids) },
        })
      },
    })
    return final.text!
  } finally {
    await (sampler as TextSampler | null)?.release()
  }
}

/** The run's tokenizer, trained at its first start. */
async function tokenizerOf(
  size: Size,
  texts: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<Tokenizer> {
  const file = join(folder, 'tokenizer.json')
  try {
    return await loadTokenizer(await readFileBounded(file, MOST_FILE_BYTES))
  } catch (cause) {
    if (!(cause instanceof TesseraError) || cause.code !== 'FILE_NOT_FOUND') throw cause
  }
  const tokenizer = await trainBpe([...texts], {
    vocabSize: size.vocabSize,
    specials: [END_OF_TEXT],
    pattern: 'cl100k',
    threads: 1,
    signal,
  })
  await writeFileAtomic(file, writeTokenizerJson(tokenizer.spec))
  return tokenizer
}

function streamOf(tokenizer: Tokenizer, texts: readonly string[], end: number): Uint16Array {
  const parts = texts.map((text) => tokenizer.encode(text, { specials: 'text', template: false }))
  const ids = new Uint16Array(parts.reduce((sum, part) => sum + part.length + 1, 0))
  let at = 0
  for (const part of parts) {
    ids.set(part, at)
    at += part.length
    ids[at++] = end
  }
  return ids
}

/** Throws TRAINING_IMPOSSIBLE, with the sizes that there are and that are needed. */
function checkLengths({ name, time, rows }: Size, train: number, heldOut: number): void {
  const needed = time * rows
  if (train >= needed && heldOut > time) return
  const [have, what, least] =
    train < needed ? [train, 'to learn from', needed] : [heldOut, 'held out to judge by', time + 1]
  throw new TesseraError(
    'TRAINING_IMPOSSIBLE',
    `Too little text: it has ${have} tokens ${what}, and the size “${name}” needs ${least}`,
    { hint: 'Give more text, or take a smaller size' },
  )
}
