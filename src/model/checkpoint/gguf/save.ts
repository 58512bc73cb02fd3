// A checkpoint as a GGUF file that llama.cpp loads: weights, config and tokenizer in one. Matrices are F32, F16,
// Q8_0 or Q4_0; norms, biases and positions stay F32, and matrices whose rows are no whole blocks become F16, as
// llama.cpp's own converter does it.
import { type GgufEntries, type GgufEntry, writeGgufVocab } from '../../../tokenizer/index.ts'
import { type LongWork, TesseraError } from '../../../core/index.ts'
import type { Checkpoint } from '../checkpoint.ts'
import { checkFloat16 } from '../floats.ts'
import { storedTensors, type TensorToWrite } from '../layout.ts'
import { type GgufArchitecture, ggufSources, isInterleaved, reordered } from './architectures.ts'
import { architectureFor, metadataOf, ROPE_FREQS, ropeDivisors } from './config.ts'
import { BLOCK, encode, type GgufType, WRITTEN } from './quantise.ts'
import { type GgufTensorData, writeGguf } from './write.ts'

export interface SaveGgufOptions extends LongWork {
  /** Of matrices. Default f16. */
  dtype?: GgufType
  /** `general.name`. Default: the tokenizer's name, or the family's. */
  name?: string
}

export interface SavedGguf {
  bytes: number
  /** What the file cannot say, or says otherwise than was asked for; one sentence each. */
  notes: string[]
}

/**
 * Writes the whole file or nothing. Throws FORMAT_UNSUPPORTED (a family or a tokenizer that llama.cpp does not have),
 * FILE_WRITE_FAILED, CANCELLED.
 */
export async function saveGguf(
  path: string,
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight' | 'tokenizer'>,
  { dtype = 'f16', name, ...work }: SaveGgufOptions = {},
): Promise<SavedGguf> {
  if (!Object.hasOwn(WRITTEN, dtype)) {
    throw new TesseraError('ARGUMENT_INVALID', `A GGUF file in ${JSON.stringify(dtype)}`, {
      hint: `There are: ${Object.keys(WRITTEN).join(', ')}`,
    })
  }
  const { entries, tensors, notes } = ggufParts(checkpoint, dtype, name)
  return { bytes: await writeGguf(path, entries, tensors, work), notes }
}

export interface GgufParts {
  entries: GgufEntries
  tensors: readonly GgufTensorData[]
  notes: string[]
}

/** What a file holds, before it is written. */
export function ggufParts(
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight' | 'tokenizer'>,
  dtype: GgufType,
  name?: string,
): GgufParts {
  const { family, config, tokenizer } = checkpoint
  const architecture = architectureFor(config)
  const notes: string[] = []
  const tensors = tensorsOf(checkpoint, architecture, dtype, notes)
  const vocab = tokenizer
    ? writeGgufVocab(tokenizer.spec, { size: config.vocabSize, bos: config.bos, eos: config.eos[0] ?? null })
    : withoutVocab(config)
  notes.push(...vocab.notes)
  if (config.slidingWindow !== null) {
    notes.push(
      `llama.cpp attends to the whole context: this model has a window of ${config.slidingWindow} tokens`,
    )
  }
  if (config.eos.length > 1) {
    notes.push(`Of ${config.eos.length} tokens that end a text, the file names the first`)
  }
  const entries = {
    ...metadataOf(architecture, config),
    'general.name': { text: name ?? tokenizer?.name ?? family.name },
    'general.file_type': { u32: WRITTEN[dtype].fileType },
    'general.quantization_version': { u32: 2 },
    ...vocab.entries,
  }
  return { entries, tensors, notes }
}

function withoutVocab({ bos, eos }: Checkpoint['config']): ReturnType<typeof writeGgufVocab> {
  const entries: Record<string, GgufEntry> = { 'tokenizer.ggml.model': { text: 'none' } }
  if (bos !== null) entries['tokenizer.ggml.bos_token_id'] = { u32: bos }
  if (eos[0] !== undefined) entries['tokenizer.ggml.eos_token_id'] = { u32: eos[0] }
  return { entries, notes: ['There is no tokenizer: the file computes with ids only'] }
}

function tensorsOf(
  checkpoint: Pick<Checkpoint, 'family' | 'config' | 'weight'>,
  architecture: GgufArchitecture,
  dtype: GgufType,
  notes: string[],
): GgufTensorData[] {
  const { family, config } = checkpoint
  const parameters = family.parameters(config)
  const sources = ggufSources(architecture, family, config, parameters)
  let uneven = 0
  const tensors = storedTensors(sources, parameters, (one) => checkpoint.weight(one)).map((tensor) => {
    const { name, shape } = tensor
    const columns = shape.length === 2 ? shape[1]! : 1
    let type: GgufType = shape.length === 2 && name !== 'position_embd.weight' ? dtype : 'f32'
    if ((type === 'q8_0' || type === 'q4_0') && columns % BLOCK !== 0) {
      uneven++
      type = 'f16'
    }
    return encoded(tensor, type, (values) =>
      isInterleaved(architecture, name) ? reordered(values, config.headDim, columns, true) : values,
    )
  })
  if (uneven > 0) notes.push(`${uneven} matrices are f16: their rows are no whole blocks of ${BLOCK}`)
  if (config.ropeScaling.kind === 'llama3') {
    const divisors = ropeDivisors(config)
    const values = () => Promise.resolve(divisors)
    tensors.push(encoded({ name: ROPE_FREQS, shape: [divisors.length], values }, 'f32'))
  }
  return tensors
}

function encoded(
  { name, shape, values }: TensorToWrite,
  type: GgufType,
  change: (values: Float32Array) => Float32Array = (same) => same,
): GgufTensorData {
  const count = shape.reduce((product, size) => product * size, 1)
  return {
    name,
    shape,
    type: WRITTEN[type].id,
    bytes: (count / BLOCK) * WRITTEN[type].bytes,
    data: async () => {
      const all = await values()
      if (type === 'f16') checkFloat16(all, name)
      return encode(change(all), type)
    },
  }
}
