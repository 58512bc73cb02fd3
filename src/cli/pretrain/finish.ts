// A training run's end: the model in Hugging Face's layout, and its card.
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/node.ts'
import { generate } from '../../decode/index.ts'
import { checkpointOf, loadModel, type Pretrained, saveCheckpoint } from '../../model/index.ts'
import { baselinesOf } from './baselines.ts'
import { cardText, machineName, type ModelCard } from './card.ts'
import { precisionsOf } from './precisions.ts'

export interface Finished {
  output: string
  pretrained: Pretrained
  /** By kind of text. */
  heldOut: ReadonlyMap<string, readonly string[]>
  card: Omit<
    ModelCard,
    'heldOut' | 'precisions' | 'curve' | 'samples' | 'machine' | 'date' | 'config' | 'parameters'
  >
}

const PROMPTS = [
  'Fellow citizens of the Senate and of the House of Representatives: ',
  'The whale ',
  'export function ',
  '## Usage\n\n',
]

/** Writes the model and its card; returns the card. Throws FILE_WRITE_FAILED. */
export async function finish({ output, pretrained, heldOut, card }: Finished): Promise<ModelCard> {
  const { family, config, tokenizer, trained } = pretrained
  const checkpoint = checkpointOf(family, config, trained.parameters, tokenizer)
  await saveCheckpoint(output, checkpoint, { dtype: 'f16' })
  const figures: ModelCard['heldOut'] = {}
  for (const [kind, texts] of heldOut) {
    if (texts.length === 0) continue
    figures[kind] = { ...(await baselinesOf(texts, tokenizer)), model: trained.final[kind]! }
  }
  const whole: ModelCard = {
    ...card,
    config,
    parameters: trained.parameters.count,
    date: new Date().toISOString().slice(0, 10),
    machine: machineName(),
    heldOut: figures,
    precisions: await precisionsOf(output, heldOut),
    curve: trained.curve,
    samples: await samplesOf(output),
  }
  await writeFileAtomic(join(output, 'card.json'), `${JSON.stringify(whole, null, 2)}\n`)
  await writeFileAtomic(join(output, 'README.md'), cardText(whole))
  return whole
}

/** What the saved model writes. */
async function samplesOf(folder: string): Promise<ModelCard['samples']> {
  const model = await loadModel(folder, { precision: 'fp32' })
  try {
    const samples = []
    for (const prompt of PROMPTS) {
      const { text } = await generate(model, prompt, { maxTokens: 80, temperature: 0.8, topP: 0.95, seed: 1 })
        .result
      samples.push({ prompt, text })
    }
    return samples
  } finally {
    await model.release()
  }
}
