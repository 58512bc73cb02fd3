// tessera generate: a prompt → text, token by token as it comes.
import { beamSearch, completions, type Generation, type GenerateOptions } from '../../decode/index.ts'
import type { Model } from '../../model/index.ts'
import { renderChat } from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { generateOptions, settingsOf, type Written } from '../generate/options.ts'
import { print, printJson } from '../io.ts'
import { openModel } from '../models.ts'
import { followed } from '../progress.ts'
import { anyNumber, inputText } from '../prompts.ts'
import { seeHelp, verb, wholeNumber } from '../verb.ts'

const NAME = 'tessera generate'

interface Answers {
  answers: (Generation | Awaited<ReturnType<typeof beamSearch>>[number])[]
  cancelled: boolean
}

export default verb({
  name: NAME,
  summary: 'Text that a model continues.',
  words: '[text…]',
  details:
    'Words are joined by spaces; without words and --file, stdin is read. The text comes to stdout while it is\n' +
    'made (several answers: when they are done), figures go to stderr. With --json {model, answers, usage,\n' +
    'seconds}. With --regex, --choice, --schema or --json-object no other text can come: tokens that would\n' +
    'break the form are never chosen. Ctrl-C ends the text where it is.',
  options: generateOptions,
  examples: [
    { command: 'tessera generate "Once upon a time"', does: 'go on from a text' },
    {
      command: 'tessera generate --temperature 0 --max-tokens 40 "The sea"',
      does: 'always the likeliest token',
    },
    {
      command: `tessera generate --schema '{"properties":{"name":{"type":"string"}},"required":["name"]}' "A person:"`,
      does: 'JSON that satisfies a schema',
    },
    {
      command: 'tessera generate -m ./SmolLM2-135M-Instruct --chat "What is a token?"',
      does: "a message, through the model's chat template",
    },
    { command: 'tessera generate --beams 8 --n 3 --json "To be or"', does: 'the three likeliest answers' },
    { command: 'cat story.txt | tessera generate --seed 7 --stop "The end"', does: 'go on from stdin' },
  ],
  async run({ options, words }) {
    const n = wholeNumber(options.n, '--n', 1)!
    const beams = wholeNumber(options.beams, '--beams', 1)
    checkTogether(options, beams)
    const settings = await settingsOf(options)
    const prompt = await inputText(NAME, words, options.file)
    await followed(async ({ signal }) => {
      const model = await openModel(options)
      try {
        const from = performance.now()
        const input = promptOf(model, prompt, options)
        const made =
          beams === undefined
            ? await sample(model, input, { ...settings, n, signal }, options.json)
            : await search(model, input, { ...settings, beams, n, signal }, options['length-penalty'])
        const seconds = (performance.now() - from) / 1000
        await report(made, { model: options.model, seconds, json: options.json, streamed: n === 1 && !beams })
        const tokens = made.answers.reduce((sum, { ids }) => sum + ids.length, 0)
        if (!options.quiet && !options.json) {
          const reasons = [...new Set(made.answers.map(({ finishReason }) => finishReason))].join(', ')
          process.stderr.write(
            `${tokens} tokens in ${seconds.toFixed(2)} s, ${(tokens / seconds).toFixed(1)} tokens/s; ended by ${reasons}\n`,
          )
        }
        if (made.cancelled) process.exitCode = 130
      } finally {
        await model.release()
      }
    })
  },
})

/** Options that would be passed over are refused. */
function checkTogether(options: Written, beams: number | undefined): void {
  if (options.system !== undefined && !options.chat)
    throw usageError('--system goes with --chat', seeHelp(NAME))
  if (options.logprobs !== undefined && !options.json)
    throw usageError('--logprobs goes with --json', seeHelp(NAME))
  if (beams === undefined) {
    if (options['length-penalty'] !== undefined) throw usageError('--length-penalty goes with --beams')
    return
  }
  const drawn = [
    'top-k',
    'top-p',
    'min-p',
    'repetition-penalty',
    'presence-penalty',
    'frequency-penalty',
    'logit-bias',
    'seed',
    'stop',
    'logprobs',
    'temperature',
  ] as const
  const given = drawn.filter((name) => options[name] !== undefined)
  if (given.length > 0) throw usageError(`--beams does not take --${given.join(', --')}`, seeHelp(NAME))
}

function promptOf(model: Model, prompt: string, { chat, system }: Written): string | Uint32Array {
  if (!chat || !model.tokenizer) return prompt
  const messages = [
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    { role: 'user', content: prompt },
  ]
  // The template writes the special tokens itself.
  return model.tokenizer.encode(renderChat(model.tokenizer, messages), { specials: 'parse', template: false })
}

async function sample(
  model: Model,
  prompt: string | Uint32Array,
  options: GenerateOptions & { n: number },
  silent: boolean,
): Promise<Answers> {
  const stream = completions(model, prompt, options)
  if (options.n === 1 && !silent) for await (const { text } of stream) await print(text)
  const answers = await stream.results
  return { answers, cancelled: answers.some(({ finishReason }) => finishReason === 'cancelled') }
}

async function search(
  model: Model,
  prompt: string | Uint32Array,
  { maxTokens, stopTokens, ignoreEos, constraint, ...rest }: GenerateOptions & { n: number; beams: number },
  lengthPenalty: string | undefined,
): Promise<Answers> {
  const { n, beams, signal } = rest
  const penalty = anyNumber(lengthPenalty, '--length-penalty')
  const answers = await beamSearch(model, prompt, {
    beams,
    n,
    signal,
    ...(maxTokens !== undefined && { maxTokens }),
    ...(stopTokens && { stopTokens }),
    ...(ignoreEos !== undefined && { ignoreEos }),
    ...(constraint && { constraint }),
    ...(penalty !== undefined && { lengthPenalty: penalty }),
  })
  return { answers, cancelled: false }
}

async function report(
  { answers }: Answers,
  { model, seconds, json, streamed }: { model: string; seconds: number; json: boolean; streamed: boolean },
): Promise<void> {
  if (json) {
    const completionTokens = answers.reduce((sum, { ids }) => sum + ids.length, 0)
    const [first] = answers
    const promptTokens = first && 'usage' in first ? first.usage.promptTokens : undefined
    await printJson({ model, answers, usage: { promptTokens, completionTokens }, seconds })
  } else if (streamed) await print('\n')
  else {
    for (const [i, { text }] of answers.entries()) {
      await print(answers.length === 1 ? `${text}\n` : `── ${i + 1} ──\n${text}\n`)
    }
  }
}
