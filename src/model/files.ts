// Models in files, for Node. What reads and writes them is loaded when it is called for, so that a page can take the
// rest of the room.
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import type { SaveOptions } from './checkpoint/folder.ts'
import type { SavedGguf, SaveGgufOptions } from './checkpoint/gguf/save.ts'
import type { SaveOnnxOptions } from './export/onnx/save-onnx.ts'

/**
 * Opens a model that ships by its name (`tessera-lm`), a Hugging Face folder, a .safetensors file in one, or a .gguf file.
 * Throws FILE_NOT_FOUND, FORMAT_UNKNOWN, FORMAT_INVALID (missing tensors are named), FORMAT_UNSUPPORTED (an
 * architecture that there is not), SHAPE_MISMATCH, DTYPE_MISMATCH.
 */
export async function openCheckpoint(nameOrPath: string): Promise<Checkpoint> {
  const { modelPath } = await import('./checkpoint/names.ts')
  return (await import('./checkpoint/open.ts')).openCheckpoint(await modelPath(nameOrPath))
}

/**
 * Writes Hugging Face's layout: config.json, model.safetensors or shards, tokenizer.json. Throws ARGUMENT_INVALID,
 * FILE_WRITE_FAILED, CANCELLED.
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight' | 'tokenizer'>,
  options: SaveOptions = {},
): Promise<void> {
  return (await import('./checkpoint/folder.ts')).saveCheckpoint(folder, checkpoint, options)
}

/** Writes a file that llama.cpp loads. Throws FORMAT_UNSUPPORTED, FILE_WRITE_FAILED, CANCELLED. */
export async function saveGguf(
  path: string,
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight' | 'tokenizer'>,
  options: SaveGgufOptions = {},
): Promise<SavedGguf> {
  return (await import('./checkpoint/gguf/save.ts')).saveGguf(path, checkpoint, options)
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
