// Models in files, for Node. What reads and writes them is loaded when it is called for, so that a page can take the
// rest of the room.
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import type { SaveOptions } from './checkpoint/folder.ts'
import type { SaveOnnxOptions } from './export/onnx/save-onnx.ts'

/**
 * Opens a model that ships by its name (`tessera-lm`), a Hugging Face folder, or a .safetensors file in one. Throws FILE_NOT_FOUND, FORMAT_UNKNOWN, FORMAT_INVALID,
 * FORMAT_UNSUPPORTED (an architecture that there is not), SHAPE_MISMATCH.
 */
export async function openCheckpoint(nameOrPath: string): Promise<Checkpoint> {
  const { modelPath } = await import('./checkpoint/names.ts')
  return (await import('./checkpoint/open.ts')).openCheckpoint(await modelPath(nameOrPath))
}

/** Writes Hugging Face's layout: config.json, model.safetensors, tokenizer.json. Throws FILE_WRITE_FAILED. */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight' | 'tokenizer'>,
  options: SaveOptions = {},
): Promise<void> {
  return (await import('./checkpoint/folder.ts')).saveCheckpoint(folder, checkpoint, options)
}

/**
 * Writes a model (its path, or its checkpoint) to a new folder that transformers.js loads. Throws ARGUMENT_INVALID where
 * the folder exists, FILE_WRITE_FAILED, CANCELLED, and what opening a checkpoint throws.
 */
export async function saveOnnx(
  folder: string,
  source: string | Checkpoint,
  options: SaveOnnxOptions = {},
): Promise<void> {
  return (await import('./export/onnx/save-onnx.ts')).saveOnnx(folder, source, options)
}
