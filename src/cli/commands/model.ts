// tessera model: what a checkpoint is, read from its headers.
import { type Checkpoint, describeModel, openCheckpoint } from '../../model/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { alignColumns, print, printJson } from '../io.ts'
import { jsonOption, seeHelp, verb } from '../verb.ts'

const NAME = 'tessera model'

export default verb({
  name: NAME,
  summary: 'What a model is, what it needs, and what it lacks.',
  words: '<name|path>',
  details:
    'Reads the headers of a Hugging Face folder (config.json, model.safetensors or shards), a .safetensors file in\n' +
    'one, or a .gguf file: architecture, sizes, tokenizer, and the memory that each precision takes. Tensors that\n' +
    'are missing or of another shape are an error, with their names.',
  options: { ...jsonOption },
  examples: [
    { command: 'tessera model tessera-lm', does: 'the model that ships with tessera' },
    { command: 'tessera model ./SmolLM2-135M', does: 'a folder from Hugging Face' },
    { command: 'tessera model ./model.Q4_K_M.gguf --json', does: 'a file for llama.cpp, for programs' },
  ],
  async run({ options, words }) {
    const [path, ...more] = words
    if (path === undefined || more.length > 0) throw usageError('Name one model', seeHelp(NAME))
    const checkpoint = await openCheckpoint(path)
    try {
      const report = reportOf(path, checkpoint)
      await (options.json ? printJson(report) : print(pageOf(report)))
    } finally {
      await checkpoint.close()
    }
  },
})

type Report = ReturnType<typeof reportOf>

function reportOf(path: string, checkpoint: Checkpoint) {
  const { family, config, tokenizer } = checkpoint
  const { parameters, memory, available, cacheBytesPerToken } = describeModel(checkpoint)
  return {
    model: path,
    family: config.family,
    kind: family.kind,
    parameters,
    config,
    memory,
    available,
    cacheBytesPerToken,
    tokenizer: tokenizer && describeTokenizer(tokenizer),
    missing: missingOf(checkpoint),
  }
}

function describeTokenizer({ name, vocabSize, spec }: Tokenizer) {
  return {
    name,
    type: spec.model.type,
    vocabSize,
    chatTemplate: spec.chatTemplate !== null,
    namedTokens: spec.namedTokens,
  }
}

/** What is not there, and what does not work without it. */
function missingOf({ family, config, tokenizer }: Checkpoint): string[] {
  const missing: string[] = []
  if (!tokenizer) missing.push('a tokenizer: the model takes ids only')
  if (tokenizer && tokenizer.vocabSize > config.vocabSize) {
    missing.push(`embeddings of ids from ${config.vocabSize} on, which the tokenizer gives`)
  }
  if (family.kind !== 'encoder') {
    if (config.eos.length === 0) missing.push('a token that ends a text: generation goes on to its limit')
    if (tokenizer && tokenizer.spec.chatTemplate === null) {
      missing.push('a chat template: there is no way to write messages as a prompt')
    }
  }
  return missing
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

function pageOf(report: Report): string {
  const { config, memory, available, tokenizer, missing } = report
  const count = (value: number) => value.toLocaleString('en')
  const heads = config.kvHeads === config.heads ? '' : ` (${config.kvHeads} of keys)`
  const lines = [
    ['model', report.model],
    ['architecture', `${report.family}, ${report.kind}`],
    ['parameters', count(report.parameters)],
    ['layers', `${config.layers} of width ${config.dim}, ${config.heads} heads${heads} of ${config.headDim}`],
    ['feed-forward', `${config.hidden}`],
    ['vocabulary', `${count(config.vocabSize)}${config.tied ? ', one matrix for input and output' : ''}`],
    ['context', `${count(config.maxPositions)} tokens`],
    ['attends to', config.slidingWindow === null ? 'all of it' : `${config.slidingWindow} tokens before`],
    ['tokenizer', tokenizer ? `${tokenizer.type}, ${count(tokenizer.vocabSize)} ids` : 'none'],
    ['chat template', tokenizer?.chatTemplate ? 'yes' : 'no'],
    ...(report.cacheBytesPerToken === null
      ? []
      : [['cache', `${count(report.cacheBytesPerToken)} bytes a token`]]),
  ]
  const table = [
    ['precision', 'weights', 'needed', ''],
    ...Object.entries(memory).map(([name, { weights, needed }]) => [
      name,
      size(weights),
      size(needed),
      available !== null && needed > available ? `of ${size(available)}: does not fit` : '',
    ]),
  ]
  const lacks = missing.map((one) => `missing: ${one}\n`).join('')
  return `${alignColumns(lines, [0, 1])}\n\n${alignColumns(table, [0, 3])}\n${lacks && '\n'}${lacks}`
}
