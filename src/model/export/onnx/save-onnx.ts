// A model as a folder that transformers.js loads: config.json, generation_config.json, the tokenizer's files, and
// graphs with their weights under onnx/. Written beside its place first and moved there whole, so that a folder
// that exists is complete.
import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type LongWork, TesseraError, throwIfCancelled } from '../../../core/index.ts'
import type { Checkpoint } from '../../checkpoint/checkpoint.ts'
import { withCheckpoint } from '../../checkpoint/with-checkpoint.ts'
import { weightsInMemory } from '../../runtime/convert.ts'
import { precisionOf, recordUses } from '../../runtime/open-weights.ts'
import type { PrecisionName } from '../../runtime/precision.ts'
import { arrayBytes, GraphWeights, layoutOf } from '../../runtime/weights.ts'
import { configFile, generationConfigFile, tokenizerFiles } from './files.ts'
import { contentOf, placeOutside } from './external.ts'
import { graphsOf } from './graphs.ts'

export interface SaveOnnxOptions extends LongWork {
  /**
   * Precisions to write a graph of each in; whoever loads the folder chooses with `dtype`: fp32, q8 (int8) or q4
   * (int4). Default: fp32 alone.
   */
  precisions?: readonly PrecisionName[]
  /** Keep weights in files beside the graphs. Default: when they have more than 1.5 GB, which one file cannot hold. */
  external?: boolean
}

/** How transformers.js tells files of one model apart. */
const SUFFIXES: Readonly<Record<PrecisionName, string>> = { fp32: '', int8: '_quantized', int4: '_q4' }

/** More is not safe within one protobuf message. */
const INLINE_BYTES = 1.5e9

/**
 * Writes a model (its path, or its checkpoint) to a folder that does not exist yet. Throws ARGUMENT_INVALID when it does, FILE_WRITE_FAILED,
 * CANCELLED, and what opening a checkpoint throws; nothing is left behind then.
 */
export async function saveOnnx(
  folder: string,
  source: string | Checkpoint,
  options: SaveOnnxOptions = {},
): Promise<void> {
  const target = resolve(folder)
  if (await exists(target)) {
    throw new TesseraError('ARGUMENT_INVALID', 'The folder exists already', {
      where: target,
      hint: 'Name a new folder, or remove this one',
    })
  }
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(join(temporary, 'onnx'), { recursive: true })
    await withCheckpoint(source, (checkpoint) => writeAll(temporary, checkpoint, options))
    await mkdir(dirname(target), { recursive: true })
    await rename(temporary, target)
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
    // What is not of the file system is not about writing.
    if (cause instanceof TesseraError || !(cause as NodeJS.ErrnoException).syscall) throw cause
    throw new TesseraError('FILE_WRITE_FAILED', `Cannot write (${(cause as Error).message})`, {
      where: target,
      cause,
    })
  }
}

async function writeAll(
  folder: string,
  checkpoint: Checkpoint,
  { external, precisions = ['fp32'], signal, onProgress }: SaveOnnxOptions,
): Promise<void> {
  const { family, config, tokenizer } = checkpoint
  const graphs = precisions.flatMap((precision) =>
    Object.entries(graphsOf(family, config, precision)).map(([name, build]) => ({
      file: `${name}${SUFFIXES[precision]}.onnx`,
      build,
      precision,
    })),
  )
  const dataFiles: Record<string, number> = {}
  for (const [done, { file, build, precision: name }] of graphs.entries()) {
    const precision = precisionOf(name, 'page')
    const uses = recordUses(checkpoint, (weights) => void build(weights))
    const layout = layoutOf(uses, precision)
    const size = [...layout.values()].reduce((sum, array) => sum + arrayBytes(array), 0)
    const arrays = await weightsInMemory(checkpoint, uses, precision, layout, signal ? { signal } : {})
    const outside = external ?? size > INLINE_BYTES
    const placed = outside ? placeOutside(arrays, file) : { arrays, files: [] }
    const { bytes } = build(new GraphWeights(placed.arrays, precision)).onnx()
    await write(join(folder, 'onnx', file), [bytes], signal)
    for (const data of placed.files) await write(join(folder, 'onnx', data.name), contentOf(data), signal)
    if (placed.files.length > 0) dataFiles[file] = placed.files.length
    onProgress?.({ stage: `writing ${file}`, done: done + 1, total: graphs.length, unit: 'files' })
  }
  const texts = {
    'config.json': configFile(family, config, dataFiles),
    ...(family.kind !== 'encoder' && { 'generation_config.json': generationConfigFile(config) }),
    ...(tokenizer && tokenizerFiles(tokenizer, config)),
  }
  for (const [name, text] of Object.entries(texts)) {
    await write(join(folder, name), [new TextEncoder().encode(text)], signal)
  }
}

async function write(path: string, pieces: Iterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for (const piece of pieces) {
      throwIfCancelled(signal)
      await file.writeFile(piece)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
