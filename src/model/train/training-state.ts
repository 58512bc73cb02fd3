// A training run on disk: parameters, optimiser states and where it was, in one safetensors file that is
// replaced whole or not at all. Its form is public, so other programs can read the weights out of it.
import { TesseraError } from '../../core/index.ts'
import type { TrainerState } from '../../tensor/index.ts'

export interface SavedTraining {
  state: TrainerState
  /** Settings, curve and whatever else belongs to the run, as JSON. */
  meta: unknown
}

const MOST_BYTES = 8 * 2 ** 30

/** Throws FILE_WRITE_FAILED; the file that was there is then untouched. */
export async function saveTraining(path: string, { state, meta }: SavedTraining): Promise<void> {
  const arrays: [string, Float32Array][] = [
    ['values', state.values],
    ...state.states.map((array, i): [string, Float32Array] => [`state${i}`, array]),
    ...(state.average ? [['average', state.average] as [string, Float32Array]] : []),
  ]
  const header: Record<string, unknown> = {
    __metadata__: { step: String(state.step), meta: JSON.stringify(meta) },
  }
  let end = 0
  for (const [name, array] of arrays) {
    header[name] = { dtype: 'F32', shape: [array.length], data_offsets: [end, (end += array.byteLength)] }
  }
  // Readers want the data to begin at a multiple of 8.
  let json = JSON.stringify(header)
  while (Buffer.byteLength(json) % 8 !== 0) json += ' '
  const head = Buffer.from(json)
  const bytes = new Uint8Array(8 + head.length + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true)
  bytes.set(head, 8)
  let at = 8 + head.length
  for (const [, array] of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += array.byteLength
  }
  const { writeFileAtomic } = await import('../../core/node.ts')
  await writeFileAtomic(path, bytes)
}

/** Throws FILE_NOT_FOUND, FORMAT_INVALID. */
export async function loadTraining(path: string): Promise<SavedTraining> {
  const { readFileBounded } = await import('../../core/node.ts')
  const bytes = await readFileBounded(path, MOST_BYTES)
  const broken = (what: string) =>
    new TesseraError('FORMAT_INVALID', `No training checkpoint: ${what}`, {
      where: path,
      hint: 'Name a file that a training run has written',
    })
  if (bytes.length < 8) throw broken('too short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = Number(view.getBigUint64(0, true))
  if (length > bytes.length - 8) throw broken('its header is longer than the file')
  let header: Record<string, unknown>
  let meta: unknown
  let step: number
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, unknown>
    const metadata = header.__metadata__ as { step: string; meta: string }
    meta = JSON.parse(metadata.meta)
    step = Number(metadata.step)
  } catch {
    throw broken('its header is not what a training run writes')
  }
  if (!Number.isSafeInteger(step) || step < 0) throw broken('it says no step')
  const array = (name: string): Float32Array | null => {
    const entry = header[name] as { data_offsets?: unknown } | undefined
    if (entry === undefined) return null
    const [from, to] = (Array.isArray(entry.data_offsets) ? entry.data_offsets : []) as number[]
    const good =
      Number.isSafeInteger(from) &&
      Number.isSafeInteger(to) &&
      from! >= 0 &&
      from! <= to! &&
      (to! - from!) % 4 === 0 &&
      8 + length + to! <= bytes.length
    if (!good) throw broken(`${name} lies outside of the file`)
    // A copy that begins at 0: a view of floats must begin at a multiple of 4.
    return new Float32Array(Uint8Array.from(bytes.subarray(8 + length + from!, 8 + length + to!)).buffer)
  }
  const values = array('values')
  if (!values) throw broken('it has no values')
  const states: Float32Array[] = []
  for (let next = array('state0'); next; next = array(`state${states.length}`)) states.push(next)
  return { state: { step, values, states, average: array('average') }, meta }
}
