// A Hugging Face folder whose files a page holds, as dropped or fetched: read in slices where they lie, weights when
// they are asked for.
import { TesseraError } from '../../core/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'
import { familyOf } from '../families/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import { fromBfloat16, fromFloat16 } from './floats.ts'
import { checkLayers, checkpointOver } from './stored.ts'

/** A file by its name in the folder. */
export interface PageFile {
  name: string
  content: Blob
}

interface Place {
  file: PageFile
  dtype: string
  shape: readonly number[]
  /** Bytes of the file. */
  start: number
  end: number
}

const MOST_HEADER = 64 << 20
const MOST_JSON = 64 << 20
const WIDTHS: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 }

/**
 * config.json, .safetensors and tokenizer.json among the files. Throws FILE_NOT_FOUND, FORMAT_INVALID,
 * FORMAT_UNSUPPORTED (an architecture that there is not, or a .gguf file), SHAPE_MISMATCH.
 */
export async function openPageFiles(files: readonly PageFile[]): Promise<Checkpoint> {
  const named = (name: string) => files.find((file) => file.name === name)
  const weights = files.filter(({ name }) => name.endsWith('.safetensors'))
  const configFile = named('config.json')
  if (!configFile || weights.length === 0) {
    const gguf = files.find(({ name }) => name.endsWith('.gguf'))
    if (gguf) throw new TesseraError('FORMAT_UNSUPPORTED', 'A page does not read GGUF', { where: gguf.name })
    const names = files.slice(0, 5).map(({ name }) => name)
    throw new TesseraError('FILE_NOT_FOUND', 'These files are no model', {
      where: names.join(', '),
      hint: 'config.json, tokenizer.json and .safetensors of one folder are needed',
    })
  }
  const json = await jsonOf(configFile)
  const stored = new Map<string, Place>()
  for (const file of weights) for (const [name, place] of await placesIn(file)) stored.set(name, place)
  const family = familyOf(json)
  const find = (name: string): Place | undefined =>
    [name, ...(family.spellings?.(name) ?? [])].map((one) => stored.get(one)).find((place) => place)
  const has = (name: string) => find(name) !== undefined
  const tied = json.tie_word_embeddings ?? !has('lm_head.weight')
  const read = family.config({ ...json, tie_word_embeddings: tied })
  const config = family.fit?.(read, has) ?? read
  checkLayers(config, stored.size, configFile.name)
  const tokenizer = named('tokenizer.json')
  const place = (name: string) => find(name)!
  const store = {
    where: configFile.name,
    shapeOf: (name: string) => find(name)?.shape ?? null,
    checkType: (name: string) => checkFloat(place(name)),
    read: (name: string) => floatsOf(place(name)),
    close: () => Promise.resolve(),
  }
  return checkpointOver(store, family.sources(config), family.parameters(config), {
    family,
    config,
    tokenizer: tokenizer ? await loadTokenizer(new Uint8Array(await tokenizer.content.arrayBuffer())) : null,
    // Equal only to itself: reading all weights for a name of theirs would cost more than it is worth here.
    identity: `page-${crypto.randomUUID()}`,
  })
}

async function jsonOf({ name, content }: PageFile): Promise<Record<string, unknown>> {
  if (content.size > MOST_JSON) throw new TesseraError('FILE_TOO_LARGE', 'Too long for JSON', { where: name })
  let json: unknown
  try {
    json = JSON.parse(await content.text())
  } catch (cause) {
    throw new TesseraError('FORMAT_INVALID', 'No JSON', { where: name, cause })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new TesseraError('FORMAT_INVALID', 'No JSON object', { where: name })
  }
  return json as Record<string, unknown>
}

/** The tensors of a safetensors file: every offset is checked before anything is read. */
async function placesIn(file: PageFile): Promise<Map<string, Place>> {
  const { content, name } = file
  const broken = (what: string) =>
    new TesseraError('FORMAT_INVALID', `No safetensors file: ${what}`, { where: name })
  if (content.size < 8) throw broken(`${content.size} bytes are too short`)
  const head = new DataView(await content.slice(0, 8).arrayBuffer())
  const length = Number(head.getBigUint64(0, true))
  if (length > content.size - 8 || length > MOST_HEADER) throw broken('its header is longer than the file')
  const from = 8 + length
  const header = await jsonOf({ name, content: content.slice(8, from) })
  const places = new Map<string, Place>()
  for (const [tensor, entry] of Object.entries(header)) {
    if (tensor === '__metadata__') continue
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
    const sizes = Array.isArray(shape) ? (shape as unknown[]) : [NaN]
    const [start, end] = Array.isArray(offsets) ? (offsets as unknown[]) : []
    if (!sizes.every(isSize) || !isSize(start) || !isSize(end) || start > end || from + end > content.size) {
      throw broken(`${tensor} lies outside of the file`)
    }
    const width = WIDTHS[String(dtype)]
    const bytes = (width ?? 0) * sizes.reduce((product, size) => product * size, 1)
    if (width !== undefined && end - start !== bytes)
      throw broken(`${tensor} has ${end - start} bytes, not ${bytes}`)
    places.set(tensor, { file, dtype: String(dtype), shape: sizes, start: from + start, end: from + end })
  }
  return places
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function checkFloat({ file, dtype }: Place): void {
  if (Object.hasOwn(WIDTHS, dtype)) return
  throw new TesseraError('DTYPE_MISMATCH', `A weight of ${dtype}; they are F32, F16 or BF16`, {
    where: file.name,
  })
}

async function floatsOf({ file, dtype, start, end }: Place): Promise<Float32Array> {
  const bytes = await file.content.slice(start, end).arrayBuffer()
  if (dtype === 'F32') return new Float32Array(bytes)
  return dtype === 'F16' ? fromFloat16(new Uint16Array(bytes)) : fromBfloat16(new Uint16Array(bytes))
}
