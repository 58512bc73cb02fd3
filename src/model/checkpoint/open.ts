// Opening a model by its path, whatever format it is in.
import { stat } from 'node:fs/promises'
import { TesseraError } from '../../core/index.ts'
import { fileError } from '../../core/node.ts'
import type { Checkpoint } from './checkpoint.ts'
import { FileSlices } from './file-slices.ts'
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
  if (await isGguf(path)) return openGguf(path)
  throw new TesseraError('FORMAT_UNKNOWN', 'No model', {
    where: path,
    hint: 'Give a folder with config.json and model.safetensors, a .safetensors file in one, or a .gguf file',
  })
}

/** By its first bytes: some programs keep models under names without an ending. */
async function isGguf(path: string): Promise<boolean> {
  if (path.endsWith('.gguf')) return true
  const file = await FileSlices.open(path)
  try {
    return file.size >= 4 && String.fromCharCode(...(await file.read(0, 4))) === 'GGUF'
  } finally {
    await file.close()
  }
}
