// A .gguf file as a checkpoint: llama.cpp's tensors under our names and in our layouts, quantised ones as the
// float32 that they stand for.
import { TesseraError } from '../../../core/index.ts'
import { createTokenizer, readGgufVocab, type Tokenizer } from '../../../tokenizer/index.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { identityOf } from '../identity.ts'
import { checkLayers, checkpointOver } from '../stored.ts'
import { ggufSources, isInterleaved, reordered } from './architectures.ts'
import { configOf, ROPE_FREQS } from './config.ts'
import { GgufFile } from './file.ts'

/**
 * Opens a GGUF file. Throws FILE_NOT_FOUND, FORMAT_INVALID, FORMAT_UNSUPPORTED (an architecture, a tokenizer or
 * tensors that there are not), SHAPE_MISMATCH, DTYPE_MISMATCH.
 */
export async function openGguf(path: string): Promise<Checkpoint> {
  const file = await GgufFile.open(path)
  try {
    const has = (name: string) => file.tensors.has(name)
    const { architecture, family, config } = configOf(
      file.metadata,
      (name) => file.tensors.get(name)?.shape,
      has(ROPE_FREQS) ? await file.read(ROPE_FREQS) : null,
    )
    checkLayers(config, file.tensors.size, path)
    const parameters = family.parameters(config)
    const sources = ggufSources(architecture, family, config, parameters)
    checkNothingElse(file, new Set([ROPE_FREQS, ...Object.values(sources).flatMap(({ names }) => names)]))
    const store = {
      where: path,
      shapeOf: (name: string) => file.tensors.get(name)?.shape ?? null,
      checkType: (name: string) => file.checkType(name),
      close: () => file.close(),
      async read(name: string) {
        const values = await file.read(name)
        if (!isInterleaved(architecture, name)) return values
        const [, columns = 1] = file.tensors.get(name)!.shape
        return reordered(values, config.headDim, columns, false)
      },
    }
    return checkpointOver(store, sources, parameters, {
      family,
      config,
      tokenizer: tokenizerOf(file),
      identity: await identityOf([path]),
    })
  } catch (cause) {
    await file.close()
    throw cause
  }
}

/** A tensor that nothing computes with would be a model that computes something else. */
function checkNothingElse(file: GgufFile, known: ReadonlySet<string>): void {
  const others = [...file.tensors.keys()].filter((name) => !known.has(name))
  if (others.length === 0) return
  throw new TesseraError(
    'FORMAT_UNSUPPORTED',
    `Tensors that this architecture does not have here: ${others.slice(0, 4).join(', ')}${others.length > 4 ? ', …' : ''}`,
    { where: file.path },
  )
}

function tokenizerOf({ head, metadata }: GgufFile): Tokenizer | null {
  const model = metadata.get('tokenizer.ggml.model') ?? 'none'
  return model === 'none' || model === 'no_vocab' ? null : createTokenizer(readGgufVocab(head))
}
