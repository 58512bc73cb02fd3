// Opening a model by its path, whatever format it is in.
import { stat } from 'node:fs/promises'
import { TesseraError } from '../../core/index.ts'
import { fileError } from '../../core/node.ts'
import type { Checkpoint } from './checkpoint.ts'
import { openFolder } from './folder.ts'
import { openGguf } from './gguf/open.ts'

/**
 * A Hugging Face folder, a .safetensors file in one, or a .gguf file. Throws what `openFolder` and `openGguf` throw,
 * FORMAT_UNKNOWN.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const info = await stat(path).catch((cause: unknown) => {
    throw fileError(cause, path)
  })
  if (info.isDirectory() || path.endsWith('.safetensors')) return openFolder(path)
  if (path.endsWith('.gguf')) return openGguf(path)
  throw new TesseraError('FORMAT_UNKNOWN', 'No model', {
    where: path,
    hint: 'Give a folder with config.json and model.safetensors, a .safetensors file in one, or a .gguf file',
  })
}
