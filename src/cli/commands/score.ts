// tessera score: how likely a model finds a text, in bits per byte and token by token.
import { score } from '../../decode/index.ts'
import { print, printJson, printParts } from '../io.ts'
import { modelOptions, openModel } from '../models.ts'
import { followed } from '../progress.ts'
import { fileOption, inputText } from '../prompts.ts'
import { jsonOption, verb, wholeNumber } from '../verb.ts'

const NAME = 'tessera score'

export default verb({
  name: NAME,
  summary: 'How likely a model finds a text.',
  words: '[text…]',
  details:
    'Words are joined by spaces; without words and --file, stdin is read. Prints bits per byte (comparable between\n' +
    'models with different tokenizers), tokens and bytes; with --tokens one line per token: id, log-probability\n' +
    '(natural logarithm), token. With --json {ids, logprobs, top, bitsPerByte, bytes}; the first token, which\n' +
    'nothing predicts, has null. A text longer than the model reads at once is scored in windows that overlap\n' +
    'by half.',
  options: {
    ...modelOptions,
    ...fileOption,
    tokens: { type: 'boolean', default: false, description: 'One line per token' },
    top: {
      type: 'string',
      valueHint: 'n',
      description: 'With --json or --tokens: the n likeliest tokens, too',
    },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera score "The old man and the sea"', does: 'bits per byte' },
    { command: 'tessera score --tokens --top 3 "To be or not to be"', does: 'which tokens surprise' },
    { command: 'tessera score -m ./model -f README.md --json', does: 'everything, for programs' },
  ],
  async run({ options, words }) {
    const top = wholeNumber(options.top, '--top') ?? 0
    const text = await inputText(NAME, words, options.file)
    await followed(async (how) => {
      const model = await openModel(options)
      try {
        const result = await score(model, text, { top, ...how })
        const { ids, logprobs, bitsPerByte, bytes } = result
        if (options.json) {
          const list = Array.from(logprobs, (one) => (Number.isNaN(one) ? null : one))
          await printJson({ ids: [...ids], logprobs: list, top: result.top, bitsPerByte, bytes })
          return
        }
        const token = (id: number) => JSON.stringify(model.tokenizer!.info(id).token)
        if (options.tokens) {
          await printParts(ids.length, (from, to) => {
            let lines = ''
            for (let i = from; i < to; i++) {
              const best = result.top?.[i]?.map((one) => `${token(one.id)} ${one.logprob.toFixed(3)}`) ?? []
              const own = Number.isNaN(logprobs[i]!) ? '-' : logprobs[i]!.toFixed(4)
              lines += `${[ids[i], own, token(ids[i]!), ...best].join('\t')}\n`
            }
            return lines
          })
          return
        }
        await print(`${bitsPerByte.toFixed(4)} bits per byte\t${ids.length} tokens\t${bytes} bytes\n`)
      } finally {
        await model.release()
      }
    })
  },
})
