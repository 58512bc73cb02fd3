// tessera export: any model that opens → a format that other programs run.
import { extname } from 'node:path'
import type { LongWork } from '../../core/index.ts'
import {
  type Checkpoint,
  type GgufType,
  openCheckpoint,
  type PrecisionName,
  saveCheckpoint,
  saveGguf,
  saveOnnx,
  type WeightType,
} from '../../model/index.ts'
import { usageError } from '../failure.ts'
import { printJson } from '../io.ts'
import { followed } from '../progress.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'

const NAME = 'tessera export'

interface Target {
  /** The first is taken where none is asked for. */
  dtypes: readonly string[]
  /** Returns what the format cannot say, one sentence each. */
  write(
    path: string,
    checkpoint: Checkpoint,
    how: { dtype: string; shardBytes: number | undefined; work: LongWork },
  ): Promise<readonly string[]>
}

/** transformers.js's names of our precisions. */
const ONNX: Readonly<Record<string, PrecisionName>> = { f32: 'fp32', q8: 'int8', q4: 'int4' }

const TARGETS: Readonly<Record<string, Target>> = {
  safetensors: {
    dtypes: ['f32', 'f16', 'bf16'] satisfies WeightType[],
    async write(folder, checkpoint, { dtype, shardBytes, work }) {
      const shards = shardBytes === undefined ? {} : { shardBytes }
      await saveCheckpoint(folder, checkpoint, { dtype: dtype as WeightType, ...shards, ...work })
      return []
    },
  },
  gguf: {
    dtypes: ['f16', 'f32', 'q8_0', 'q4_0'] satisfies GgufType[],
    async write(path, checkpoint, { dtype, work }) {
      return (await saveGguf(path, checkpoint, { dtype: dtype as GgufType, ...work })).notes
    },
  },
  onnx: {
    dtypes: Object.keys(ONNX),
    async write(folder, checkpoint, { dtype, work }) {
      await saveOnnx(folder, checkpoint, { precisions: [ONNX[dtype]!], ...work })
      return []
    },
  },
}

export default verb({
  name: NAME,
  summary: 'A model for other programs: Hugging Face, llama.cpp, transformers.js.',
  words: '<model> <out>',
  details:
    '<model> is a name, a Hugging Face folder, a .safetensors file in one, or a .gguf file. <out> is a folder for\n' +
    'safetensors (config.json, model.safetensors, tokenizer.json) and onnx (which must not exist yet), a file for\n' +
    'gguf. A .gguf ending says the format; otherwise --to does. Files are written whole or not at all. What a\n' +
    'format cannot say is told as notes.\n\n' +
    Object.entries(TARGETS)
      .map(([name, { dtypes }]) => `  ${name.padEnd(12)} --dtype ${dtypes.join(', ')} (default ${dtypes[0]})`)
      .join('\n'),
  options: {
    to: { type: 'enum', options: Object.keys(TARGETS), description: 'Format of <out>' },
    dtype: { type: 'string', valueHint: 'type', description: 'How numbers are kept (see above)' },
    'shard-size': {
      type: 'string',
      valueHint: 'MB',
      description: 'For safetensors: more than this goes to several files (default 5000)',
    },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera export tessera-lm tessera-lm.gguf --dtype q8_0', does: 'for llama.cpp' },
    {
      command: 'tessera export model.gguf ./model --to safetensors',
      does: 'quantised weights as floats again',
    },
    { command: 'tessera export ./model ./model-bf16 --to safetensors --dtype bf16', does: 'half the size' },
    { command: 'tessera export tessera-lm ./web --to onnx --dtype q8', does: 'for transformers.js' },
  ],
  async run({ options, words }) {
    const [input, output, ...more] = words
    if (input === undefined || output === undefined || more.length > 0) {
      throw usageError('Name the model and where it goes', seeHelp(NAME))
    }
    const format = options.to ?? (extname(output) === '.gguf' ? 'gguf' : undefined)
    if (format === undefined) {
      throw usageError(
        `The name ${output} says no format`,
        `Choose one with --to: ${Object.keys(TARGETS).join(', ')}`,
      )
    }
    const target = TARGETS[format]!
    const dtype = options.dtype ?? target.dtypes[0]!
    if (!target.dtypes.includes(dtype)) {
      throw usageError(
        `--dtype of ${format} is one of ${target.dtypes.join(', ')}; got ${dtype}`,
        seeHelp(NAME),
      )
    }
    const megabytes = wholeNumber(options['shard-size'], '--shard-size', 1)
    if (megabytes !== undefined && format !== 'safetensors') {
      throw usageError('--shard-size is for safetensors', seeHelp(NAME))
    }
    const shardBytes = megabytes === undefined ? undefined : megabytes * 1e6
    const checkpoint = await openCheckpoint(input)
    try {
      const notes = await followed((work) => target.write(output, checkpoint, { dtype, shardBytes, work }))
      if (options.json) await printJson({ output, format, dtype, notes })
      else
        process.stderr.write(
          `${output}: ${format}, ${dtype}\n${notes.map((one) => `note: ${one}\n`).join('')}`,
        )
    } finally {
      await checkpoint.close()
    }
  },
})
