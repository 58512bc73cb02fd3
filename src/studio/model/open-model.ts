// A model from files that a page holds: a folder in the Hugging Face layout. Weights are read from their places in
// the files when they are asked for.
import { TesseraError } from '../../core/index.ts'
import { type Checkpoint, checkpointOf, familyOf } from '../../model/index.ts'
import { Parameters } from '../../tensor/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'

interface Place {
  file: Blob
  dtype: string
  shape: readonly number[]
  start: number
  end: number
}

const MOST_HEADER = 100e6

/** Throws FORMAT_INVALID, FORMAT_UNSUPPORTED, FILE_NOT_FOUND. */
export async function openModel(
  files: readonly { name: string; content: Blob }[],
  progress: (done: number) => void,
): Promise<Checkpoint> {
  const named = (name: string) => files.find((file) => file.name === name)?.content
  const config = named('config.json')
  const weights = files.filter(({ name }) => name.endsWith('.safetensors'))
  if (!config || weights.length === 0) {
    throw new TesseraError('FILE_NOT_FOUND', 'These files are no model', {
      where: files.map(({ name }) => name).join(', '),
      hint: 'A folder with config.json, tokenizer.json and .safetensors is needed',
    })
  }
  const json = JSON.parse(await config.text()) as Record<string, unknown>
  const family = familyOf(json)
  const sizes = family.config(json)
  const places = new Map<string, Place>()
  for (const { name, content } of weights) {
    for (const [tensor, place] of await placesIn(name, content)) places.set(tensor, place)
  }
  const tokenizer = named('tokenizer.json')
  const parameters = new Parameters(family.parameters(sizes))
  const sources = family.sources(sizes)
  for (const [at, { name, shape, start, end }] of parameters.views.entries()) {
    progress(at / parameters.views.length)
    const { names, transposed } = sources[name]!
    const target = parameters.values.subarray(start, end)
    const width = shape.at(-1)!
    let column = 0
    for (const one of names) {
      const place = places.get(one)
      if (!place) throw new TesseraError('FORMAT_INVALID', `The weight ${one} is missing`, { where: name })
      const values = await floatsOf(one, place)
      const [rows, columns] = transposed ? [place.shape[0]!, place.shape[1]!] : [values.length, 1]
      if (transposed) {
        // [out, in] → columns of [in, width].
        for (let o = 0; o < rows; o++) {
          for (let i = 0; i < columns; i++) target[i * width + column + o] = values[o * columns + i]!
        }
        column += rows
      } else {
        target.set(values, column)
        column += values.length
      }
    }
    if (column !== (transposed ? width : end - start)) {
      throw new TesseraError('SHAPE_MISMATCH', `The weight ${name} has another size than config.json says`)
    }
  }
  return checkpointOf(
    family,
    sizes,
    parameters,
    tokenizer ? await loadTokenizer(new Uint8Array(await tokenizer.arrayBuffer())) : null,
  )
}

async function placesIn(name: string, file: Blob): Promise<Map<string, Place>> {
  const broken = (what: string) =>
    new TesseraError('FORMAT_INVALID', `Not safetensors: ${what}`, { where: name })
  if (file.size < 8) throw broken('too short')
  const head = new DataView(await file.slice(0, 8).arrayBuffer())
  const length = Number(head.getBigUint64(0, true))
  if (length > Math.min(MOST_HEADER, file.size - 8)) throw broken('its header is longer than the file')
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>
  try {
    header = JSON.parse(await file.slice(8, 8 + length).text()) as typeof header
  } catch {
    throw broken('its header is no JSON')
  }
  const places = new Map<string, Place>()
  for (const [tensor, entry] of Object.entries(header)) {
    if (tensor === '__metadata__') continue
    const [from, to] = entry.data_offsets
    if (!(from >= 0 && from <= to && 8 + length + to <= file.size)) {
      throw broken(`${tensor} lies outside of the file`)
    }
    places.set(tensor, { file, ...entry, start: 8 + length + from, end: 8 + length + to })
  }
  return places
}

async function floatsOf(name: string, { file, dtype, start, end }: Place): Promise<Float32Array> {
  const bytes = await file.slice(start, end).arrayBuffer()
  if (dtype === 'F32') return new Float32Array(bytes)
  const halves = new Uint16Array(bytes)
  if (dtype === 'BF16') {
    const words = Uint32Array.from(halves, (half) => half << 16)
    return new Float32Array(words.buffer)
  }
  if (dtype === 'F16') return Float32Array.from(halves, halfToFloat)
  throw new TesseraError('FORMAT_UNSUPPORTED', `The element type ${dtype}`, { where: name })
}

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
