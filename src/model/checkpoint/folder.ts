// Models in Hugging Face's layout: a folder with config.json, model.safetensors (or shards with an index) and
// tokenizer.json.
import { rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type LongWork, TesseraError } from '../../core/index.ts'
import { fileError, readFileBounded, writeFileAtomic } from '../../core/node.ts'
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'
import { tokenizerFiles } from '../export/onnx/files.ts'
import type { Checkpoint } from './checkpoint.ts'
import { checkpointIn } from './huggingface.ts'
import { identityOf } from './identity.ts'
import { type Json, parseObject } from './json.ts'
import { storedTensors, type TensorToWrite } from './layout.ts'
import { storedBytes, type WeightType, writeSafetensors } from './safetensors-write.ts'
import { SafetensorsFile } from './safetensors.ts'

const MOST_JSON = 64 << 20
const CONFIG = 'config.json'
const SINGLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'

async function readJson(path: string): Promise<Json> {
  return parseObject(await readFileBounded(path, MOST_JSON), path)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Names of the safetensors files of a folder. */
async function shardsOf(folder: string): Promise<string[]> {
  const single = join(folder, SINGLE)
  if (await exists(single)) return [single]
  const index = join(folder, INDEX)
  if (!(await exists(index))) {
    throw new TesseraError('FILE_NOT_FOUND', 'There are no weights', {
      where: folder,
      hint: 'Weights are in model.safetensors, or in shards with model.safetensors.index.json',
    })
  }
  const map = (await readJson(index)).weight_map
  const names = typeof map === 'object' && map !== null ? Object.values(map as Json) : []
  // Only files of the folder itself: an index is from outside, and must not lead elsewhere.
  if (names.length === 0 || !names.every((name) => typeof name === 'string' && basename(name) === name)) {
    throw new TesseraError('FORMAT_INVALID', 'weight_map names no files of this folder', { where: index })
  }
  return [...new Set(names as string[])].sort().map((name) => join(folder, name))
}

/**
 * Opens a folder, or a .safetensors file with config.json beside it. Throws FILE_NOT_FOUND, FORMAT_INVALID,
 * FORMAT_UNSUPPORTED (an architecture that there is not), SHAPE_MISMATCH; missing tensors are named.
 */
export async function openFolder(path: string): Promise<Checkpoint> {
  const isFile = path.endsWith('.safetensors')
  const folder = isFile ? dirname(path) : path
  const configPath = join(folder, CONFIG)
  const json = await readJson(configPath)
  const paths = isFile ? [path] : await shardsOf(folder)
  const files: SafetensorsFile[] = []
  try {
    for (const one of paths) files.push(await SafetensorsFile.open(one))
    return await checkpointIn(json, files, folder, async () => {
      const tokenizer = join(folder, 'tokenizer.json')
      return {
        tokenizer: (await exists(tokenizer)) ? await loadTokenizer(tokenizer) : null,
        identity: await identityOf([configPath, ...paths]),
      }
    })
  } catch (cause) {
    await Promise.all(files.map((file) => file.close()))
    throw fileError(cause, folder)
  }
}

export interface SaveOptions extends LongWork {
  /** Default f32. */
  dtype?: WeightType
  tokenizer?: Tokenizer | null
  /** Most bytes of weights in one file; more are spread over shards with an index. Default 5 GB. */
  shardBytes?: number
}

/**
 * Writes config.json, model.safetensors (or shards and their index) and the tokenizer's files as Hugging Face's
 * programs read them; each file is there whole or not at all, the weights last. Throws ARGUMENT_INVALID,
 * FILE_WRITE_FAILED, CANCELLED.
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight' | 'tokenizer'>,
  options: SaveOptions = {},
): Promise<void> {
  const { dtype = 'f32', tokenizer = checkpoint.tokenizer, shardBytes = 5e9, ...work } = options
  if (!Object.hasOwn(TORCH_TYPES, dtype)) {
    throw new TesseraError('ARGUMENT_INVALID', `safetensors in ${JSON.stringify(dtype)}`, {
      hint: `There are: ${Object.keys(TORCH_TYPES).join(', ')}`,
    })
  }
  if (!(shardBytes >= 1)) throw new TesseraError('ARGUMENT_INVALID', `Shards of ${shardBytes} bytes`)
  const { family, config } = checkpoint
  await writeJson(join(folder, CONFIG), { ...family.configJson(config), torch_dtype: TORCH_TYPES[dtype] })
  const beside = tokenizer ? tokenizerFiles(tokenizer, config) : {}
  for (const [name, text] of Object.entries(beside)) await writeFileAtomic(join(folder, name), text)
  const tensors = storedTensors(family.sources(config), family.parameters(config), (name) =>
    checkpoint.weight(name),
  )
  const shards = shardsFor(tensors, dtype, shardBytes)
  const progress = { ...work, total: shards.reduce((sum, { bytes }) => sum + bytes, 0), before: 0 }
  if (shards.length === 1) {
    await writeSafetensors(join(folder, SINGLE), tensors, dtype, progress)
    await rm(join(folder, INDEX), { force: true })
    return
  }
  const weightMap: Record<string, string> = {}
  for (const [i, shard] of shards.entries()) {
    const number = (n: number) => String(n).padStart(5, '0')
    const file = `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`
    await writeSafetensors(join(folder, file), shard.tensors, dtype, progress)
    progress.before += shard.bytes
    for (const { name } of shard.tensors) weightMap[name] = file
  }
  await writeJson(join(folder, INDEX), { metadata: { total_size: progress.total }, weight_map: weightMap })
  // A single file of an older model would be read in place of the shards.
  await rm(join(folder, SINGLE), { force: true })
}

const TORCH_TYPES = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' } as const

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** In order, as many in each as fit; a tensor that is larger than a shard has one of its own. */
function shardsFor(tensors: readonly TensorToWrite[], dtype: WeightType, limit: number) {
  const shards: { tensors: TensorToWrite[]; bytes: number }[] = []
  for (const tensor of tensors) {
    const bytes = storedBytes(tensor, dtype)
    const last = shards.at(-1)
    if (last && last.bytes + bytes <= limit) {
      last.tensors.push(tensor)
      last.bytes += bytes
    } else shards.push({ tensors: [tensor], bytes })
  }
  return shards
}
