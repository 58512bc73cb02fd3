// A Hugging Face folder whose files a page holds, as dropped or fetched: read in slices where they lie, weights when
// they are asked for.
import { TesseraError } from '../../core/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import { checkpointIn } from './huggingface.ts'
import { parseObject } from './json.ts'
import { SafetensorsFile } from './safetensors.ts'
import { slicesOfBlob } from './slices.ts'

/** A file by its name in the folder. */
export interface PageFile {
  name: string
  content: Blob
}

const MOST_JSON = 64 << 20

/**
 * config.json, .safetensors and tokenizer.json among the files. Throws FILE_NOT_FOUND, FORMAT_INVALID,
 * FORMAT_UNSUPPORTED (an architecture that there is not, or a .gguf file), SHAPE_MISMATCH, DTYPE_MISMATCH.
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
  const { name, content } = configFile
  if (content.size > MOST_JSON) throw new TesseraError('FILE_TOO_LARGE', 'Too long for JSON', { where: name })
  const json = parseObject(await bytesOf(content), name)
  const stored: SafetensorsFile[] = []
  for (const one of weights) stored.push(await SafetensorsFile.over(slicesOfBlob(one.name, one.content)))
  return checkpointIn(json, stored, name, async () => {
    const tokenizer = named('tokenizer.json')
    return {
      tokenizer: tokenizer ? await loadTokenizer(await bytesOf(tokenizer.content)) : null,
      // Equal only to itself: reading all weights for a name of theirs would cost more than it is worth here.
      identity: `page-${crypto.randomUUID()}`,
    }
  })
}

async function bytesOf(content: Blob): Promise<Uint8Array> {
  return new Uint8Array(await content.arrayBuffer())
}
