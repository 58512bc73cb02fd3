// tessera studio: serves the pages on this machine and opens them.
import { spawn } from 'node:child_process'
import { startStudio } from '../../server/index.ts'
import { print, printJson } from '../io.ts'
import { jsonOption, verb, wholeNumber } from '../verb.ts'

/** The platform's own way to open an address; where there is none, the printed address has to do. */
function openInBrowser(url: string): void {
  const openers: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
    darwin: ['open', [url]],
    win32: ['cmd', ['/c', 'start', '""', url]],
  }
  const [command, args] = openers[process.platform] ?? ['xdg-open', [url]]
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}

export default verb({
  name: 'tessera studio',
  summary: 'The Studio, in your browser.',
  details:
    'Serves on 127.0.0.1 only. Text and files that you open in it stay in the page, but for text to train on, which\n' +
    'this process reads. Ctrl-C ends it; a training run saves a checkpoint first.',
  options: {
    port: {
      type: 'string',
      valueHint: 'n',
      description: 'Exactly this port; 0 = any free one (default 7470 or the next free)',
    },
    model: {
      type: 'string',
      valueHint: 'path',
      description: 'A model for the Model page: a folder with config.json and .safetensors',
    },
    runs: {
      type: 'string',
      valueHint: 'folder',
      description: 'Where training runs are kept (default .tessera/runs in the home folder)',
    },
    open: { type: 'boolean', default: true, negativeDescription: 'Do not open a browser' },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera studio', does: 'serve and open' },
    { command: 'tessera studio --model ./SmolLM2-135M', does: 'look at a model of yours' },
    { command: 'tessera studio --port 8080 --no-open', does: 'only serve' },
  ],
  async run({ options }) {
    const port = wholeNumber(options.port, '--port')
    const studio = await startStudio({ port, runs: options.runs, model: options.model })
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      process.once(signal, () => void studio.close().then(() => process.exit(code)))
    }
    if (options.json) await printJson({ url: studio.url, port: studio.port })
    else await print(`Tessera Studio: ${studio.url}\nCtrl-C ends it.\n`)
    if (options.open) openInBrowser(studio.url)
  },
})
