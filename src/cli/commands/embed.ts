// tessera embed: texts → vectors.
import { embed, type Pooling } from '../../embed/index.ts'
import { usageError } from '../failure.ts'
import { printJson, printParts } from '../io.ts'
import { modelOptions, openAnyModel } from '../models.ts'
import { followed } from '../progress.ts'
import { fileOption, inputText } from '../prompts.ts'
import { jsonOption, seeHelp, verb } from '../verb.ts'

const NAME = 'tessera embed'
const POOLINGS: Pooling[] = ['mean', 'last', 'cls']

export default verb({
  name: NAME,
  summary: 'Texts to vectors.',
  words: '[text…]',
  details:
    'Each word of the command line is a text (quote it); without words, each line of --file or stdin that is not\n' +
    'empty. Prints one line of numbers per text; with --json {dim, pooling, vectors}. Works with models that\n' +
    'continue text and with those that read it (BERT, T5).',
  options: {
    ...modelOptions,
    ...fileOption,
    pooling: {
      type: 'enum',
      options: POOLINGS,
      description: 'How the states of tokens become one vector',
      default: 'mean',
    },
    normalise: {
      type: 'boolean',
      default: true,
      description: 'Vectors of length 1',
      negativeDescription: 'Leave vectors at their length',
    },
    truncate: { type: 'boolean', default: false, description: 'Cut texts that the model cannot read whole' },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera embed "a first text" "a second one"', does: 'two vectors' },
    { command: 'tessera embed -m ./all-MiniLM-L6-v2 -f lines.txt --json', does: 'a vector for each line' },
  ],
  async run({ options, words }) {
    const lines = async () => (await inputText(NAME, [], options.file)).split(/\r?\n/)
    if (words.length > 0 && options.file !== undefined)
      throw usageError('Give texts or --file, not both', seeHelp(NAME))
    const texts = (words.length > 0 ? words : await lines()).filter((text) => text.trim() !== '')
    if (texts.length === 0) throw usageError('There is no text', seeHelp(NAME))
    const { normalise, truncate } = options
    const pooling = options.pooling as Pooling
    await followed(async (how) => {
      const model = await openAnyModel(options)
      try {
        const vectors = await embed(model, texts, { pooling, normalise, truncate, ...how })
        if (options.json) {
          const { dim } = model.config
          await printJson({ dim, pooling, vectors: vectors.map((vector) => [...vector]) })
        } else
          await printParts(
            vectors.length,
            (from, to) =>
              `${vectors
                .slice(from, to)
                .map((one) => one.join(' '))
                .join('\n')}\n`,
          )
      } finally {
        await model.release()
      }
    })
  },
})
