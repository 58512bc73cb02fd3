// A training run on disk: parameters, optimiser states and where it was, in one safetensors file that is
// replaced whole or not at all. Its form is public, so other programs can read the weights out of it.
import { TesseraError } from '../../core/index.ts'
import type { TrainerState } from '../../tensor/index.ts'
import { SafetensorsFile } from '../checkpoint/safetensors.ts'

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
  const tensors = arrays.map(([name, array]) => ({
    name,
    shape: [array.length],
    values: () => Promise.resolve(array),
  }))
  // Files are for Node; a page takes the rest of the room.
  const { writeSafetensors } = await import('../checkpoint/safetensors-write.ts')
  await writeSafetensors(path, tensors, 'f32', undefined, {
    step: String(state.step),
    meta: JSON.stringify(meta),
  })
}

/** Throws FILE_NOT_FOUND, FILE_TOO_LARGE, FORMAT_INVALID, DTYPE_MISMATCH. */
export async function loadTraining(path: string): Promise<SavedTraining> {
  const { FileSlices } = await import('../checkpoint/file-slices.ts')
  const slices = await FileSlices.open(path)
  if (slices.size > MOST_BYTES) {
    await slices.close()
    throw new TesseraError('FILE_TOO_LARGE', `${slices.size} bytes; at most ${MOST_BYTES} are read here`, {
      where: path,
    })
  }
  const file = await SafetensorsFile.over(slices)
  try {
    return await readTraining(file)
  } finally {
    await file.close()
  }
}

async function readTraining(file: SafetensorsFile): Promise<SavedTraining> {
  const broken = (what: string) =>
    new TesseraError('FORMAT_INVALID', `No training checkpoint: ${what}`, {
      where: file.path,
      hint: 'Name a file that a training run has written',
    })
  const step = Number(file.metadata.step ?? NaN)
  if (!Number.isSafeInteger(step) || step < 0) throw broken('it says no step')
  let meta: unknown
  try {
    meta = JSON.parse(file.metadata.meta ?? '')
  } catch {
    throw broken('its settings are no JSON')
  }
  const array = async (name: string) => (file.tensors.has(name) ? file.read(name) : null)
  const values = await array('values')
  if (!values) throw broken('it has no values')
  const states: Float32Array[] = []
  for (let next = await array('state0'); next; next = await array(`state${states.length}`)) states.push(next)
  return { state: { step, values, states, average: await array('average') }, meta }
}
