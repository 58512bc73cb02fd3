// The card of a trained model: what it is, from what texts, how it was made, how good it is, and what it writes.
import { arch, cpus, platform } from 'node:os'
import type { DecoderConfig, EvaluationPoint } from '../../model/index.ts'
import type { Baselines } from './baselines.ts'
import type { ByPrecision } from './precisions.ts'

export interface CardSource {
  name: string
  version: string
  licence: string
  kind: string
  bytes: number
  heldOut: boolean
}

export interface ModelCard {
  name: string
  summary: string
  command: string
  date: string
  seed: number
  parameters: number
  config: DecoderConfig
  training: {
    optimiser: string
    steps: number
    rows: number
    time: number
    rate: number
    warmup: number
    fall: number
    /** Tokens seen, with repeats. */
    tokens: number
    /** Tokens there are, by kind. */
    trainTokens: Record<string, number>
  }
  /** By kind of text: bits per byte of the model, and of others. */
  heldOut: Record<string, Baselines & { model: number }>
  /** By kind of text: bits per byte of the saved model in each precision, over a part of the held-out text. */
  precisions: Record<string, ByPrecision>
  curve: readonly EvaluationPoint[]
  samples: readonly { prompt: string; text: string }[]
  sources: readonly CardSource[]
  versions: Record<string, string>
  machine: string
}

export function machineName(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${platform()} ${arch()}`
}

const two = (value: number) => value.toFixed(2)
const three = (value: number) => value.toFixed(3)
const thousands = (value: number) => Math.round(value).toLocaleString('en')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

/** Sources by licence, so that a reader sees at once under which terms the texts are. */
function sourcesTable(sources: readonly CardSource[]): string {
  const groups = new Map<string, { names: Set<string>; bytes: number }>()
  for (const { name, licence, kind, bytes, heldOut } of sources) {
    if (bytes === 0) continue
    const key = `${kind}${heldOut ? ', held out' : ''}|${licence}`
    const group = groups.get(key) ?? { names: new Set(), bytes: 0 }
    group.names.add(name)
    group.bytes += bytes
    groups.set(key, group)
  }
  const rows = [...groups].map(([key, { names, bytes }]) => {
    const [kind, licence] = key.split('|') as [string, string]
    const listed = [...names].slice(0, 4).join(', ')
    const more = names.size > 4 ? ` and ${names.size - 4} more` : ''
    return [kind, licence, `${listed}${more}`, thousands(bytes / 1000)]
  })
  return table(['text', 'licence', 'packages', 'kB'], rows)
}

export function cardText(card: ModelCard): string {
  const { config, training } = card
  const kinds = Object.entries(card.heldOut)
  const curve = card.curve.filter(
    (_, i) => i % Math.ceil(card.curve.length / 12) === 0 || i === card.curve.length - 1,
  )
  return `# ${card.name}

${card.summary}. Made by this project with its own trainer; Apache-2.0.

## Figures

Bits per byte on text that training has not seen (whole speeches, chapters and packages are held out), beside
general compressors over the same text, and bytes per token of the tokenizer beside o200k_base.

${table(
  ['held-out text', 'kB', `${card.name}`, 'gzip -9', 'xz -9', 'bytes per token', 'o200k_base'],
  kinds.map(([kind, one]) => [
    kind,
    thousands(one.bytes / 1000),
    `**${three(one.model)}**`,
    two(one.gzip),
    one.xz === null ? '–' : two(one.xz),
    two(one.bytesPerToken),
    two(one.bytesPerTokenO200k),
  ]),
)}

With weights held in fewer bits (over the first documents of each kind, one by one: to be compared along a row):

${table(
  ['held-out text', 'fp32', 'int8', 'int4'],
  Object.entries(card.precisions).map(([kind, { fp32, int8, int4 }]) => [
    kind,
    three(fp32),
    three(int8),
    three(int4),
  ]),
)}

## Recipe

\`${card.command}\` (seed ${card.seed}, ${card.date}, ${card.machine})

Llama architecture: ${thousands(card.parameters)} parameters, ${config.layers} layers of width ${config.dim}, ${config.heads} heads,
feed-forward ${config.hidden}, vocabulary ${config.vocabSize}, context ${config.maxPositions}, tied embeddings.
${training.steps} steps of ${training.rows} × ${training.time} tokens (${thousands(training.tokens / 1e6)} million, of ${thousands(
    Object.values(training.trainTokens).reduce((sum, one) => sum + one, 0) / 1e6,
  )} million different ones), ${training.optimiser}, learning rate ${training.rate} after ${training.warmup} steps of
warm-up, falling to 0 over the last ${Math.round(100 * training.fall)} %.

${table(
  ['step', 'training loss (nats per token)', ...kinds.map(([kind]) => `${kind} (bits per byte)`)],
  curve.map((point) => [
    String(point.step),
    two(point.loss),
    ...kinds.map(([kind]) => three(point.bitsPerByte[kind] ?? NaN)),
  ]),
)}

On the way a part of the held-out text is read; the figures above are over all of it. All points are in
\`card.json\`, with the versions of everything.

## Texts

${sourcesTable(card.sources)}

## What it writes

Sampled at temperature 0.8, top-p 0.95, seed 1.

${card.samples.map(({ prompt, text }) => `\`\`\`\n${prompt}▸${text.replaceAll('```', "'''")}\n\`\`\``).join('\n\n')}

A model of this size knows no facts and follows no instructions: it is here so that methods have something real
to run on.
`
}
