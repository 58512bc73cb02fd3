// Models in Hugging Face's layout: a folder with config.json, model.safetensors (or shards with an index) and
// tokenizer.json.
import { rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type LongWork, TesseraError } from '../../core/index.ts'
import { fileError, readFileBounded, writeFileAtomic } from '../../core/node.ts'
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'
import { tokenizerFiles } from '../export/onnx/files.ts'
import { familyOf } from '../families/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import { identityOf } from './identity.ts'
import { storedTensors, type TensorToWrite } from './layout.ts'
import { SafetensorsFile, storedBytes, type WeightType, writeSafetensors } from './safetensors.ts'
import { checkLayers, checkpointOver } from './stored.ts'

const MOST_JSON = 64 << 20
const CONFIG = 'config.json'
const SINGLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'

type Json = Readonly<Record<string, unknown>>

/** Where a tensor is, under the name that the file has for it. */
interface Place {
  file: SafetensorsFile
  name: string
}

async function readJson(path: string): Promise<Json> {
  const bytes = await readFileBounded(path, MOST_JSON)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new TesseraError('FORMAT_INVALID', 'No JSON', { where: path, cause })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new TesseraError('FORMAT_INVALID', 'No JSON object', { where: path })
  }
  return json as Json
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
  const family = familyOf(json)
  const paths = isFile ? [path] : await shardsOf(folder)
  const files: SafetensorsFile[] = []
  try {
    for (const one of paths) files.push(await SafetensorsFile.open(one))
    const stored = new Map<string, Place>()
    for (const file of files) for (const name of file.tensors.keys()) stored.set(name, { file, name })
    const find = (name: string): Place | undefined =>
      [name, ...(family.spellings?.(name) ?? [])].map((one) => stored.get(one)).find((place) => place)
    const has = (name: string) => find(name) !== undefined
    const read = family.config(family.kind === 'decoder' ? adjusted(json, has) : json)
    const config = family.fit?.(read, has) ?? read
    checkLayers(config, stored.size, folder)
    const tokenizerPath = join(folder, 'tokenizer.json')
    const tokenizer = (await exists(tokenizerPath)) ? await loadTokenizer(tokenizerPath) : null
    const store = {
      where: folder,
      shapeOf: (name: string) => {
        const place = find(name)
        return place ? place.file.tensors.get(place.name)!.shape : null
      },
      checkType: (name: string) => {
        const place = find(name)!
        place.file.checkType(place.name)
      },
      read: (name: string) => {
        const place = find(name)!
        return place.file.read(place.name)
      },
      close: async () => {
        await Promise.all(files.map((file) => file.close()))
      },
    }
    const identity = await identityOf([configPath, ...paths])
    return checkpointOver(store, family.sources(config), family.parameters(config), {
      family,
      config,
      tokenizer,
      identity,
    })
  } catch (cause) {
    await Promise.all(files.map((file) => file.close()))
    throw fileError(cause, folder)
  }
}

/** Checkpoints say of themselves whether they are tied; some do not, and then the file does. */
function adjusted(json: Json, has: (name: string) => boolean): Json {
  if (json.tie_word_embeddings !== undefined) return json
  return { ...json, tie_word_embeddings: !has('lm_head.weight') }
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
