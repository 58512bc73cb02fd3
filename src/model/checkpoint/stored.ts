// A checkpoint over tensors in files, whatever the format: all of them are there, in the shapes and types that the
// config asks for, before anybody computes; the numbers are read when they are asked for.
import { TesseraError } from '../../core/index.ts'
import type { ParameterSpecs } from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { WeightSource } from '../families/family.ts'
import type { Checkpoint } from './checkpoint.ts'
import { joined, storedShapes } from './layout.ts'

/** Tensors by the names that the sources have for them. */
export interface TensorStore {
  /** For messages. */
  where: string
  /** null: there is no such tensor. */
  shapeOf(name: string): readonly number[] | null
  /** Throws DTYPE_MISMATCH for what is not read as float32. */
  checkType(name: string): void
  read(name: string): Promise<Float32Array>
  close(): Promise<void>
}

const MOST_NAMED = 4

/**
 * Each layer has tensors: a config that claims more layers than a file has tensors is refused before anything is made
 * for each of them. Throws FORMAT_INVALID.
 */
export function checkLayers({ layers, seq2seq }: DecoderConfig, tensors: number, where: string): void {
  const all = layers + (seq2seq?.decoderLayers ?? 0)
  if (all <= tensors) return
  throw new TesseraError('FORMAT_INVALID', `Missing tensors: there are ${tensors}, for ${all} layers`, {
    where,
    hint: 'The weights are not all there, or of another model than the config says',
  })
}

/** Throws FORMAT_INVALID (missing tensors are named), SHAPE_MISMATCH (with both shapes), DTYPE_MISMATCH. */
export function checkpointOver(
  store: TensorStore,
  sources: Readonly<Record<string, WeightSource>>,
  parameters: ParameterSpecs,
  rest: Pick<Checkpoint, 'family' | 'config' | 'tokenizer' | 'identity'>,
): Checkpoint {
  checkAll(store, sources, parameters)
  return {
    ...rest,
    parameters,
    async weight(name) {
      const source = Object.hasOwn(sources, name) ? sources[name] : undefined
      if (!source) {
        throw new TesseraError('ARGUMENT_INVALID', `There is no weight ${name}`, { where: store.where })
      }
      const { shape } = parameters[name]!
      const shapes = storedShapes(source, shape)
      const parts = await Promise.all(
        source.names.map(async (stored, i) => ({ shape: shapes[i]!, values: await store.read(stored) })),
      )
      return joined(source, shape, parts)
    },
    close: () => store.close(),
  }
}

function checkAll(
  store: TensorStore,
  sources: Readonly<Record<string, WeightSource>>,
  parameters: ParameterSpecs,
): void {
  const wanted = Object.entries(sources)
  const missing = wanted.flatMap(([, { names }]) => names).filter((name) => store.shapeOf(name) === null)
  if (missing.length > 0) {
    const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : ''
    throw new TesseraError(
      'FORMAT_INVALID',
      `Missing tensors: ${missing.slice(0, MOST_NAMED).join(', ')}${more}`,
      {
        where: store.where,
        hint: 'The weights are not all there, or of another model than the config says',
      },
    )
  }
  for (const [name, source] of wanted) {
    for (const [i, shape] of storedShapes(source, parameters[name]!.shape).entries()) {
      const stored = source.names[i]!
      const found = store.shapeOf(stored)!
      if (found.join() !== shape.join()) {
        throw new TesseraError(
          'SHAPE_MISMATCH',
          `${stored} is [${found.join(', ')}]; the config asks for [${shape.join(', ')}]`,
          { where: store.where, hint: 'The config and the weights are of different models' },
        )
      }
      store.checkType(stored)
    }
  }
}
