// A trained run's model to take away: in the Hugging Face layout, which the Model page and most programs load, and as
// the folder that transformers.js loads.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileBounded } from '../../core/node.ts'
import { checkpointOf, familyOf, loadTraining, saveCheckpoint, saveOnnx } from '../../model/index.ts'
import { Parameters } from '../../tensor/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'

const MOST_JSON = 64e6
/** In the target folder. */
const ONNX_FOLDER = 'transformers.js'

/** `folder`: the run's. Throws FILE_NOT_FOUND before the first checkpoint, FILE_WRITE_FAILED. */
export async function exportModel(folder: string, target: string): Promise<void> {
  const { state } = await loadTraining(join(folder, 'training.safetensors'))
  const text = new TextDecoder().decode(await readFileBounded(join(folder, 'config.json'), MOST_JSON))
  const json = JSON.parse(text) as Record<string, unknown>
  const family = familyOf(json)
  const config = family.config(json)
  const parameters = new Parameters(family.parameters(config), state.values)
  const tokenizer = await loadTokenizer(join(folder, 'tokenizer.json'))
  const checkpoint = checkpointOf(family, config, parameters, tokenizer)
  await saveCheckpoint(target, checkpoint)
  // That of an earlier end of the run.
  await rm(join(target, ONNX_FOLDER), { recursive: true, force: true })
  await saveOnnx(join(target, ONNX_FOLDER), checkpoint)
}
