// Opens the socket: loopback only, the asked port or the next free one, and an orderly end.
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { TesseraError } from '../core/index.ts'
import { createApp, type PaperSource } from './app.ts'
import { FileTable } from './files.ts'
import { listen, LOOPBACK } from './listen.ts'
import type { ModelShelf } from './models/shelf.ts'
import type { TrainingRuns } from './training/runs.ts'

export const DEFAULT_PORT = 7470
/** How many ports after the default are tried before giving up. */
const PORTS_TRIED = 20

export interface ServeOptions {
  /** The built pages: a folder with index.html. */
  pages: string
  /** The folder of built-in vocabularies, served under /vocabularies/. */
  vocabularies: string
  /** Folder of ONNX Runtime's files for pages, served under /ort/. Null: not installed. */
  runtime: string | null
  papers: PaperSource
  training: TrainingRuns
  models: ModelShelf
  /** Exactly this port (0 = any free one). Absent: 7470, or the next free one after it. */
  port?: number
}

export interface Served {
  url: string
  port: number
  /** Stops listening and ends open connections; a training run under way saves a checkpoint first. */
  close(): Promise<void>
}

/** Serves the Studio on 127.0.0.1. Throws ARGUMENT_INVALID, FILE_NOT_FOUND (no built pages), PORT_IN_USE. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { port } = options
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new TesseraError('ARGUMENT_INVALID', `Not a port: ${port}`, {
      hint: 'Give a number from 0 to 65535',
    })
  }
  const files = new FileTable([
    [options.pages, '/'],
    [options.vocabularies, '/vocabularies/'],
    ...(options.runtime === null ? [] : [[options.runtime, '/ort/'] as const]),
  ])
  if ((await files.find('/index.html')) === undefined) {
    throw new TesseraError('FILE_NOT_FOUND', 'The pages of the Studio are not built', {
      where: options.pages,
      hint: 'Run `npm run build`',
    })
  }

  await options.models.check()

  const hosts = new Set<string>()
  const app = createApp({ ...options, files, hosts })
  const server = createServer(getRequestListener(app.fetch))
  const bound = port === undefined ? await listenFrom(server, DEFAULT_PORT) : await listen(server, port)
  for (const name of [LOOPBACK, 'localhost']) {
    hosts.add(`${name}:${bound}`)
    if (bound === 80) hosts.add(name)
  }
  return {
    url: `http://${LOOPBACK}:${bound}/`,
    port: bound,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await options.training.close()
      await closed
    },
  }
}

async function listenFrom(server: Server, first: number): Promise<number> {
  for (let port = first; port < first + PORTS_TRIED; port++) {
    try {
      return await listen(server, port)
    } catch (error) {
      if (!(error instanceof TesseraError) || error.code !== 'PORT_IN_USE') throw error
    }
  }
  throw new TesseraError('PORT_IN_USE', `Ports ${first} to ${first + PORTS_TRIED - 1} are all taken`, {
    hint: 'Choose another with --port N (0 = any free one)',
  })
}
