// tessera pretrain: a language model from text, on this machine.
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { TesseraError } from '../../core/index.ts'
import { packageRoot } from '../../core/node.ts'
import {
  type EvaluationPoint,
  followRecipe,
  pretrain,
  type Pretrained,
  type Recipe,
  RECIPES,
  type SizeName,
  SIZES,
  type TrainingReport,
} from '../../model/index.ts'
import { usageError } from '../failure.ts'
import { printJson } from '../io.ts'
import { finish, type Finished } from '../pretrain/finish.ts'
import { readGroup } from '../pretrain/texts.ts'
import { interruption } from '../progress.ts'
import { openTokenizer } from '../tokenizers.ts'
import { seeHelp, verb, wholeNumber } from '../verb.ts'

const NAME = 'tessera pretrain'

export default verb({
  name: NAME,
  summary: 'A language model from your text, trained on this machine.',
  words: '[file|folder…]',
  details:
    'A Llama with its own byte-level BPE vocabulary (or yours), saved as config.json, model.safetensors and\n' +
    'tokenizer.json, with a card of its figures. Every twentieth document is held out; progress is bits per byte\n' +
    'on those. Ctrl-C leaves a checkpoint in <output>/run; the same command goes on from it.',
  options: {
    output: {
      type: 'string',
      alias: 'o',
      valueHint: 'folder',
      description: 'Where the model goes (required)',
    },
    recipe: {
      type: 'enum',
      options: RECIPES.map(({ name }) => name),
      description: 'Make a model that ships with tessera, from the packages of a checkout',
    },
    size: { type: 'enum', options: Object.keys(SIZES), default: 'tiny', description: 'Width and depth' },
    tokenizer: {
      type: 'string',
      alias: 't',
      valueHint: 'name|path',
      description: 'A vocabulary with <|endoftext|> (default: trained on the text)',
    },
    'vocab-size': {
      type: 'string',
      valueHint: 'n',
      default: '4096',
      description: 'Of a vocabulary to train',
    },
    steps: { type: 'string', valueHint: 'n', description: "Updates (default 1000, or the recipe's)" },
    rows: { type: 'string', valueHint: 'n', default: '8', description: 'Windows per update' },
    context: { type: 'string', valueHint: 'n', default: '512', description: 'Tokens per window' },
    rate: { type: 'string', valueHint: 'x', default: '0.004', description: 'Peak learning rate' },
    optimiser: {
      type: 'enum',
      options: ['muon', 'adamw'],
      default: 'muon',
      description: 'What updates weights',
    },
    patience: {
      type: 'string',
      valueHint: 'n',
      description: 'Stop when so many evaluations (each 100 updates) brought nothing',
    },
    seed: { type: 'string', valueHint: 'n', default: '1', description: 'Of weights and order' },
    threads: { type: 'string', valueHint: 'n', description: 'Default: all cores' },
    json: {
      type: 'boolean',
      description: 'Print the card as JSON, and each evaluation as a line',
      default: false,
    },
  },
  examples: [
    { command: 'tessera pretrain -o my-model docs', does: 'ten minutes on a folder of text' },
    {
      command: 'tessera pretrain -o my-model --size small --steps 4000 --patience 5 books',
      does: 'a larger one, until it stops improving',
    },
    { command: 'tessera pretrain --recipe tessera-lm -o models/tessera-lm', does: 'the model that ships' },
  ],
  async run({ options: given, words }) {
    const { output, recipe: recipeName, json } = given
    if (output === undefined) throw usageError('--output is missing', seeHelp(NAME))
    if ((recipeName === undefined) === (words.length === 0)) {
      throw usageError('Give files or folders, or --recipe', seeHelp(NAME))
    }
    const rate = Number(given.rate)
    if (!(rate > 0 && rate < 1)) throw usageError(`--rate is between 0 and 1; got ${given.rate}`)
    const view = new View(json)
    const { signal, end } = interruption(['SIGINT', 'SIGTERM'], () => view.say('Stopping after this step …'))
    const common = {
      folder: join(output, 'run'),
      steps: wholeNumber(given.steps, '--steps', 1),
      threads: wholeNumber(given.threads, '--threads', 1) ?? availableParallelism(),
      onStage: (stage: string) => view.stage(stage),
      onStep: (report: TrainingReport) => view.step(report),
      onEvaluation: (point: EvaluationPoint) => view.point(point),
      signal,
    }
    try {
      const finished = recipeName
        ? await byRecipe(
            RECIPES.find(({ name }) => name === recipeName)!,
            output,
            common,
          )
        : await byFiles(words, output, {
            ...common,
            steps: common.steps ?? 1000,
            rows: wholeNumber(given.rows, '--rows', 1)!,
            time: wholeNumber(given.context, '--context', 2)!,
            seed: wholeNumber(given.seed, '--seed')!,
            rate,
            optimiser: given.optimiser as 'muon' | 'adamw',
            patience: wholeNumber(given.patience, '--patience', 1),
            size: SIZES[given.size as SizeName],
            tokenizer: given.tokenizer
              ? await openTokenizer(given.tokenizer)
              : wholeNumber(given['vocab-size'], '--vocab-size', 257)!,
          })
      view.stage('saving')
      const card = await finish(finished)
      view.end()
      if (json) await printJson(card)
      else {
        for (const [kind, one] of Object.entries(card.heldOut)) {
          view.say(`${kind}: ${one.model.toFixed(3)} bits per byte; gzip -9 ${one.gzip.toFixed(2)}`)
        }
        view.say(`${output}: ${(card.parameters / 1e6).toFixed(1)} M parameters; its card is README.md`)
      }
    } finally {
      view.end()
      end()
    }
  },
})

type Common = Omit<Parameters<typeof followRecipe>[1], 'packages' | 'models'>

async function byRecipe(recipe: Recipe, output: string, common: Common): Promise<Finished> {
  const root = await packageRoot()
  const followed = await followRecipe(recipe, {
    ...common,
    packages: join(root.folder, 'node_modules'),
    models: join(root.folder, 'models'),
  })
  const heldOut = new Map(Object.entries(followed.texts.heldOut))
  const command = `tessera pretrain --recipe ${recipe.name} -o models/${recipe.name}`
  const { name, summary, seed, rows, time, rate, warmup, fall } = recipe
  const training = { rows, time, rate, warmup, fall, optimiser: 'Muon and AdamW' }
  return {
    output,
    pretrained: followed,
    heldOut,
    card: await cardOf(followed, { name, summary, command, seed, sources: followed.texts.sources }, training),
  }
}

type FilesOptions = Omit<Parameters<typeof pretrain>[0], 'name' | 'groups'>

async function byFiles(words: readonly string[], output: string, options: FilesOptions): Promise<Finished> {
  const { group, sources, skipped } = await readGroup(words, options.signal!)
  for (const { file, reason } of skipped) process.stderr.write(`left out ${file}: ${reason}\n`)
  if (group.train.length === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to train on', { where: words.join(' ') })
  }
  const name = basename(output)
  const warmup = Math.min(100, Math.ceil(options.steps / 10))
  const pretrained = await pretrain({ ...options, warmup, name, groups: [group] })
  const { rows, time, rate, seed, optimiser } = options
  const training = { rows, time, rate: rate!, warmup, fall: 0.3, optimiser: optimiser ?? 'muon' }
  const summary = `Llama trained on ${words.map((word) => basename(word)).join(', ')}`
  const command = `tessera pretrain -o ${output} … ${words.join(' ')}`
  return {
    output,
    pretrained,
    heldOut: new Map([[group.name, group.heldOut]]),
    card: await cardOf(pretrained, { name, summary, command, seed, sources }, training),
  }
}

async function cardOf(
  { trained, trainTokens }: Pretrained,
  about: Pick<Finished['card'], 'name' | 'summary' | 'command' | 'seed' | 'sources'>,
  training: Omit<Finished['card']['training'], 'steps' | 'tokens' | 'trainTokens'>,
): Promise<Finished['card']> {
  const { version } = await packageRoot()
  const steps = trained.step
  return {
    ...about,
    training: { ...training, steps, tokens: steps * training.rows * training.time, trainTokens },
    versions: { tessera: version, node: process.versions.node },
  }
}

/** The live line on a terminal, and a line for each evaluation anywhere. */
class View {
  private readonly json: boolean
  private shown = 0

  constructor(json: boolean) {
    this.json = json
  }

  private line(text: string): void {
    if (!process.stderr.isTTY) return
    process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
  }

  stage(stage: string): void {
    this.line(`${stage} …`)
  }

  step({ step, steps, loss, tokensPerSecond, secondsLeft }: TrainingReport): void {
    const now = performance.now()
    if (now - this.shown < 200) return
    this.shown = now
    const left = secondsLeft > 90 ? `${Math.ceil(secondsLeft / 60)} min` : `${Math.ceil(secondsLeft)} s`
    this.line(
      `step ${step} of ${steps}, loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond)} tokens/s, ${left} left`,
    )
  }

  point(point: EvaluationPoint): void {
    if (this.json) {
      process.stderr.write(`${JSON.stringify(point)}\n`)
      return
    }
    const figures = Object.entries(point.bitsPerByte).map(([kind, bits]) => `${kind} ${bits.toFixed(3)}`)
    this.say(`step ${point.step}: loss ${point.loss.toFixed(3)}; bits per byte: ${figures.join(', ')}`)
  }

  say(text: string): void {
    this.end()
    process.stderr.write(`${text}\n`)
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}
