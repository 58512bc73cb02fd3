// The model options that several commands share, and models by name: those that ship with the package.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { TesseraError } from '../core/index.ts'
import { packageRoot } from '../core/node.ts'
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
    description: 'A model that ships with tessera, a Hugging Face folder, or a file of weights',
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

/**
 * The path of a model: as it is given when there is something, else of a model that ships. Throws FILE_NOT_FOUND, which
 * lists those.
 */
export async function modelPath(nameOrPath: string): Promise<string> {
  if (existsSync(nameOrPath)) return nameOrPath
  const folder = join((await packageRoot()).folder, 'models')
  const shipped = existsSync(folder)
    ? (await readdir(folder, { withFileTypes: true }))
        .filter((one) => one.isDirectory())
        .map(({ name }) => name)
    : []
  if (shipped.includes(nameOrPath)) return join(folder, nameOrPath)
  const there =
    shipped.length > 0 ? `By name there are: ${shipped.join(', ')}. ` : 'None ships with this copy. '
  throw new TesseraError('FILE_NOT_FOUND', `There is no model ${JSON.stringify(nameOrPath)}`, {
    hint: `${there}Give --model the path of a Hugging Face folder (config.json, model.safetensors, tokenizer.json), or train one with tessera pretrain`,
  })
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
  return loadModel(await modelPath(choice.model), settings)
}

/** A model that continues text, or one that reads it. */
export async function openAnyModel(choice: ModelChoice): Promise<Model | Encoder> {
  const settings = settingsOf(choice)
  const checkpoint = await openCheckpoint(await modelPath(choice.model))
  try {
    const load = checkpoint.family.kind === 'decoder' ? loadModel : loadEncoder
    return await load(checkpoint, settings)
  } finally {
    await checkpoint.close()
  }
}
