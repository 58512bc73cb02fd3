// Models in Hugging Face's layout: a folder with config.json, model.safetensors (or shards with an index) and
// tokenizer.json.
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { TesseraError } from '../../core/index.ts'
import { fileError, readFileBounded, writeFileAtomic } from '../../core/node.ts'
import { loadTokenizer, type Tokenizer, writeTokenizerJson } from '../../tokenizer/index.ts'
import { familyOf } from '../families/index.ts'
import type { WeightSource } from '../families/family.ts'
import type { Checkpoint } from './checkpoint.ts'
import { checkStored, joined, part, storedShapes } from './layout.ts'
import { SafetensorsFile, type TensorToWrite, type WeightType, writeSafetensors } from './safetensors.ts'

const MOST_JSON = 64 << 20

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
  const single = join(folder, 'model.safetensors')
  if (await exists(single)) return [single]
  const index = join(folder, 'model.safetensors.index.json')
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
  const configPath = join(folder, 'config.json')
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
    const parameters = family.parameters(config)
    const sources = family.sources(config)
    checkAll(sources, parameters, find, folder)
    const tokenizerPath = join(folder, 'tokenizer.json')
    const tokenizer = (await exists(tokenizerPath)) ? await loadTokenizer(tokenizerPath) : null
    const identity = await identityOf([configPath, ...paths])
    return {
      family,
      config,
      parameters,
      tokenizer,
      identity,
      async weight(name) {
        const source = Object.hasOwn(sources, name) ? sources[name] : undefined
        if (!source)
          throw new TesseraError('ARGUMENT_INVALID', `There is no weight ${name}`, { where: folder })
        const { shape } = parameters[name]!
        const shapes = storedShapes(source, shape)
        const parts = await Promise.all(
          source.names.map(async (own, i) => {
            const { file, name: spelled } = find(own)!
            return { shape: shapes[i]!, values: await file.read(spelled) }
          }),
        )
        return joined(source, shape, parts)
      },
      async close() {
        await Promise.all(files.map((file) => file.close()))
      },
    }
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

function checkAll(
  sources: Readonly<Record<string, WeightSource>>,
  parameters: Checkpoint['parameters'],
  find: (name: string) => Place | undefined,
  folder: string,
): void {
  const wanted = Object.entries(sources)
  const missing = wanted.flatMap(([, { names }]) => names).filter((name) => !find(name))
  if (missing.length > 0) {
    const more = missing.length > 4 ? ` and ${missing.length - 4} more` : ''
    throw new TesseraError('FORMAT_INVALID', `Missing tensors: ${missing.slice(0, 4).join(', ')}${more}`, {
      where: folder,
      hint: 'The weights are not all there, or of another architecture than config.json says',
    })
  }
  for (const [name, source] of wanted) {
    for (const [i, shape] of storedShapes(source, parameters[name]!.shape).entries()) {
      const { file, name: spelled } = find(source.names[i]!)!
      checkStored(spelled, file.tensors.get(spelled)!.shape, shape, file.path)
    }
  }
}

async function identityOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path)
    hash.update(`${basename(path)} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex').slice(0, 24)
}

export interface SaveOptions {
  /** Default f32. */
  dtype?: WeightType
  tokenizer?: Tokenizer | null
}

/**
 * Writes config.json, model.safetensors and tokenizer.json as Hugging Face's programs read them; each file is
 * there whole or not at all, the weights last. Throws FILE_WRITE_FAILED.
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight' | 'tokenizer'>,
  { dtype = 'f32', tokenizer = checkpoint.tokenizer }: SaveOptions = {},
): Promise<void> {
  const { family, config } = checkpoint
  const torch = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' }[dtype]
  const json = { ...family.configJson(config), torch_dtype: torch }
  await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(json, null, 2)}\n`)
  if (tokenizer) await writeFileAtomic(join(folder, 'tokenizer.json'), writeTokenizerJson(tokenizer.spec))
  const parameters = family.parameters(config)
  const tensors = Object.entries(family.sources(config)).flatMap(([name, source]): TensorToWrite[] => {
    const { shape } = parameters[name]!
    return storedShapes(source, shape).map((storedShape, i) => ({
      name: source.names[i]!,
      shape: storedShape,
      values: async () => part(source, shape, await checkpoint.weight(name), i),
    }))
  })
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, dtype)
}
