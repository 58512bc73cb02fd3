// The model options that several commands share.
import { availableParallelism } from 'node:os'
import {
  type Encoder,
  loadEncoder,
  loadModel,
  type Model,
  type ModelOptions,
  openCheckpoint,
  type PrecisionName,
} from '../model/index.ts'
import { type Options, wholeNumber } from './verb.ts'

const DEFAULT_MODEL = 'tessera-lm'
const PRECISIONS: PrecisionName[] = ['fp32', 'int8', 'int4']

export const modelOptions = {
  model: {
    type: 'string',
    alias: 'm',
    valueHint: 'name|path',
    description: 'A model that ships with tessera, a Hugging Face folder, .safetensors or .gguf',
    default: DEFAULT_MODEL,
  },
  precision: { type: 'enum', options: PRECISIONS, description: 'How weights are held', default: 'fp32' },
  device: { type: 'string', valueHint: 'name', description: 'cpu, cuda, dml or coreml', default: 'cpu' },
  threads: { type: 'string', valueHint: 'n', description: 'For computing (default: as many as cores)' },
} as const satisfies Options

export interface ModelChoice {
  model: string
  precision: string
  device: string
  threads?: string | undefined
}

function settingsOf({ precision, device, threads }: ModelChoice): ModelOptions {
  return {
    precision: precision as PrecisionName,
    device,
    threads: wholeNumber(threads, '--threads', 1) ?? availableParallelism(),
  }
}

/** Throws what opening and loading a model throw. */
export async function openModel(choice: ModelChoice): Promise<Model> {
  const settings = settingsOf(choice)
  return loadModel(choice.model, settings)
}

/** A model that continues text, or one that reads it. */
export async function openAnyModel(choice: ModelChoice): Promise<Model | Encoder> {
  const settings = settingsOf(choice)
  const checkpoint = await openCheckpoint(choice.model)
  try {
    const load = checkpoint.family.kind === 'decoder' ? loadModel : loadEncoder
    return await load(checkpoint, settings)
  } finally {
    await checkpoint.close()
  }
}
