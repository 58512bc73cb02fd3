// tessera serve: a model behind an OpenAI-compatible API, until it is told to end.
import { utf8DecodeStrict } from '../../core/index.ts'
import { readFileBounded } from '../../core/node.ts'
import { DEFAULT_API_PORT, modelNameOf, serveModel, type ServedModel } from '../../server/index.ts'
import { print, printJson } from '../io.ts'
import { modelOptions, openModel } from '../models.ts'
import { jsonOption, verb, wholeNumber } from '../verb.ts'

const NAME = 'tessera serve'
const MEBIBYTE = 2 ** 20

export default verb({
  name: NAME,
  summary: 'A model behind an OpenAI-compatible API.',
  details:
    'Endpoints: /v1/completions, /v1/chat/completions, /v1/embeddings, /v1/models, /tokenize, /detokenize,\n' +
    '/health, /metrics. Many requests are computed together; those that begin alike share what they have in\n' +
    'common. With fp32 an answer does not depend on what else is computed.\n\n' +
    'Listens on 127.0.0.1 unless --host says otherwise. Keys come from --api-key, --api-key-file or the variable\n' +
    'TESSERA_API_KEY; without any, everybody who reaches the port may ask. Ctrl-C lets running answers end; a\n' +
    'second one does not.',
  options: {
    model: modelOptions.model,
    name: { type: 'string', valueHint: 'name', description: 'What clients call it (default: as its folder)' },
    host: { type: 'string', valueHint: 'address', description: 'Where to listen', default: '127.0.0.1' },
    port: { type: 'string', valueHint: 'n', description: `0 = any free one (default ${DEFAULT_API_PORT})` },
    'api-key': { type: 'string', valueHint: 'key', description: 'Who may ask (other users see it in `ps`)' },
    'api-key-file': { type: 'string', valueHint: 'path', description: 'Several keys, one a line' },
    cors: {
      type: 'string',
      valueHint: 'origins',
      description: 'Web pages that may ask, with commas between; * = all (default: none)',
    },
    'max-batch': {
      type: 'string',
      valueHint: 'n',
      description: 'Answers that are written at once',
      default: '8',
    },
    queue: {
      type: 'string',
      valueHint: 'n',
      description: 'Prompts that wait; more get status 429',
      default: '64',
    },
    timeout: {
      type: 'string',
      valueHint: 'seconds',
      description: 'For one request, waiting included',
      default: '600',
    },
    context: {
      type: 'string',
      valueHint: 'tokens',
      description: "Of prompt and answer together (default: the model's, at most 4096)",
    },
    chunk: {
      type: 'string',
      valueHint: 'tokens',
      description: 'Of new prompts that are read between two steps of running answers',
      default: '128',
    },
    'prefix-cache': {
      type: 'string',
      valueHint: 'MiB',
      description: 'Memory for beginnings of earlier prompts; 0 = none',
      default: '256',
    },
    'max-body': { type: 'string', valueHint: 'MiB', description: 'Size of a request', default: '4' },
    precision: modelOptions.precision,
    device: modelOptions.device,
    threads: modelOptions.threads,
    drain: {
      type: 'string',
      valueHint: 'seconds',
      description: 'Time for running answers to end after Ctrl-C',
      default: '30',
    },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera serve --model ./SmolLM2-135M-Instruct', does: 'serve a folder on port 7480' },
    {
      command: 'tessera serve -m ./model --host 0.0.0.0 --api-key-file keys.txt --max-batch 16',
      does: 'for other machines, with keys',
    },
    {
      command: `curl localhost:${DEFAULT_API_PORT}/v1/completions -H 'content-type: application/json' -d '{"prompt": "Once"}'`,
      does: 'ask it',
    },
  ],
  async run({ options }) {
    const { model: path, host } = options
    const number = (name: 'port' | 'max-batch' | 'queue' | 'timeout' | 'context' | 'chunk', least = 1) =>
      wholeNumber(options[name], `--${name}`, least)
    const settings = {
      name: options.name ?? modelNameOf(path),
      host,
      port: number('port', 0),
      apiKeys: await keysOf(options['api-key'], options['api-key-file']),
      corsOrigins: options.cors === undefined ? [] : options.cors.split(',').map((origin) => origin.trim()),
      maxBatch: number('max-batch'),
      queue: number('queue'),
      timeout: number('timeout'),
      context: number('context'),
      chunk: number('chunk'),
      prefixBytes: MEBIBYTE * wholeNumber(options['prefix-cache'], '--prefix-cache')!,
      maxBody: MEBIBYTE * wholeNumber(options['max-body'], '--max-body', 1)!,
    }
    const drain = wholeNumber(options.drain, '--drain')!
    process.stderr.write(`Loading ${path} …\n`)
    const model = await openModel(options)
    let served: ServedModel
    try {
      served = await serveModel(model, settings)
    } catch (error) {
      await model.release()
      throw error
    }
    if (settings.apiKeys.length === 0 && !['127.0.0.1', 'localhost', '::1'].includes(host)) {
      process.stderr.write('tessera: no API key is set: everybody who reaches this address may ask\n')
    }
    endWithSignals(async () => {
      await served.close(drain)
      await model.release()
    })
    if (options.json) await printJson({ url: served.url, port: served.port, model: settings.name })
    else await print(`${settings.name}: ${served.url}v1\nCtrl-C ends it.\n`)
  },
})

/** Throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE, TEXT_NOT_UTF8. */
async function keysOf(key: string | undefined, file: string | undefined): Promise<string[]> {
  const lines = file === undefined ? '' : utf8DecodeStrict(await readFileBounded(file, MEBIBYTE), file)
  const all = [key, process.env.TESSERA_API_KEY, ...lines.split('\n')]
  return all.map((one) => one?.trim() ?? '').filter((one) => one !== '')
}

/** The first signal ends in order, the second at once. */
function endWithSignals(end: () => Promise<void>): void {
  let ending = false
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (ending) process.exit(code)
      ending = true
      process.stderr.write('Ending: running answers may finish; again to stop at once\n')
      void end().then(() => process.exit(code))
    })
  }
}
