// A trained run's model in the Hugging Face layout: config.json, model.safetensors, tokenizer.json. Other programs load
// it as it is, and so does the Model page.
import { join } from 'node:path'
import { readFileBounded, writeFileAtomic } from '../../core/node.ts'
import { familyOf, loadTraining } from '../../model/index.ts'
import { Parameters } from '../../tensor/index.ts'

const MOST_JSON = 64e6

/** `folder`: the run's. Throws FILE_NOT_FOUND before the first checkpoint, FILE_WRITE_FAILED. */
export async function exportModel(folder: string, target: string): Promise<void> {
  const { state } = await loadTraining(join(folder, 'training.safetensors'))
  const configBytes = await readFileBounded(join(folder, 'config.json'), MOST_JSON)
  const json = JSON.parse(new TextDecoder().decode(configBytes)) as Record<string, unknown>
  const family = familyOf(json)
  const config = family.config(json)
  const parameters = new Parameters(family.parameters(config), state.values)
  const tensors: { name: string; shape: number[]; values: Float32Array }[] = []
  for (const [name, { names, transposed }] of Object.entries(family.sources(config))) {
    const { shape } = parameters.views.find((view) => view.name === name)!
    const values = parameters.of(name)
    if (!transposed) {
      tensors.push({ name: names[0]!, shape: [...shape], values })
      continue
    }
    // Ours is [in, out]; of several side by side, each has its share of the columns.
    const [rows, columns] = shape as [number, number]
    const widths = widthsOf(names.length, columns)
    let first = 0
    for (const [i, one] of names.entries()) {
      const width = widths[i]!
      const part = new Float32Array(width * rows)
      for (let o = 0; o < width; o++) {
        for (let r = 0; r < rows; r++) part[o * rows + r] = values[r * columns + first + o]!
      }
      tensors.push({ name: one, shape: [width, rows], values: part })
      first += width
    }
  }
  await writeFileAtomic(join(target, 'model.safetensors'), safetensorsOf(tensors))
  await writeFileAtomic(join(target, 'config.json'), configBytes)
  const tokenizer = await readFileBounded(join(folder, 'tokenizer.json'), MOST_JSON)
  await writeFileAtomic(join(target, 'tokenizer.json'), tokenizer)
}

/** The sizes here have as many heads of keys as of queries, so that all parts are of one width. */
function widthsOf(parts: number, columns: number): number[] {
  return Array.from({ length: parts }, () => columns / parts)
}

function safetensorsOf(
  tensors: readonly { name: string; shape: number[]; values: Float32Array }[],
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let end = 0
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += values.byteLength)] }
  }
  let text = JSON.stringify(header)
  while (text.length % 8 !== 0) text += ' '
  const head = new TextEncoder().encode(text)
  const bytes = new Uint8Array(8 + head.length + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true)
  bytes.set(head, 8)
  let at = 8 + head.length
  for (const { values } of tensors) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return bytes
}
