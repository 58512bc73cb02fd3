// The Studio's HTTP side: pages, vocabularies, what is known about the papers, and training runs. All else runs
// in the page: the only text that arrives here is what a person asks to train on.
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { type ErrorCode, TesseraError } from '../core/index.ts'
import { fileResponse, type FileTable } from './files.ts'
import type { ModelShelf } from './models/shelf.ts'
import { trainingRoutes } from './training/routes.ts'
import type { TrainingRuns } from './training/runs.ts'

/** What the server needs of the papers room. */
export interface PaperSource {
  list(): readonly { slug: string }[] | Promise<readonly { slug: string }[]>
  /** One paper with its experiment's result (null when there is none). Throws PAPER_NOT_FOUND. */
  detail(slug: string): Promise<unknown>
}

export interface AppOptions {
  /** Holds `/index.html`. */
  files: FileTable
  papers: PaperSource
  training: TrainingRuns
  models: ModelShelf
  /** The `Host` values that are us, in lower case: `127.0.0.1:7470`. Any other is refused. */
  hosts: ReadonlySet<string>
}

/** HTTP statuses of errors; the others are 400. */
const STATUS: Partial<Record<ErrorCode, 404 | 409 | 413 | 500>> = {
  PAPER_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  FILE_NOT_FOUND: 404,
  RUN_BUSY: 409,
  FILE_TOO_LARGE: 413,
  FILE_WRITE_FAILED: 500,
}

/** The request handler, without a socket. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono()

  // A page of another site can make its own name resolve to 127.0.0.1 (DNS rebinding) and would then
  // read us as its own origin; its requests still carry its name in `Host`.
  app.use(async (c, next) => {
    const host = c.req.header('host')?.toLowerCase() ?? ''
    if (!options.hosts.has(host)) {
      return c.json(problem('HOST_REFUSED', 'This server answers only to its loopback address'), 403)
    }
    return next()
  })
  // A page of another site may send requests here, though it cannot read the answers.
  app.use(async (c, next) => {
    const origin = c.req.header('origin')
    const own = origin === undefined || options.hosts.has(origin.replace(/^http:\/\//, '').toLowerCase())
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && !own) {
      return c.json(problem('HOST_REFUSED', 'Only the pages of this server may change something'), 403)
    }
    return next()
  })

  app.use(
    secureHeaders({
      // Styles may be inline because the figures (Observable Plot) carry their own; scripts never.
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        workerSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      // Together these two give the page threads for WebAssembly.
      crossOriginOpenerPolicy: 'same-origin',
      crossOriginEmbedderPolicy: 'require-corp',
      crossOriginResourcePolicy: 'same-origin',
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  )

  app.get('/api/papers', async (c) => c.json(await options.papers.list()))
  app.get('/api/papers/:slug', async (c) =>
    c.json((await options.papers.detail(c.req.param('slug'))) ?? null),
  )
  app.get('/api/models', async (c) => c.json(await options.models.list()))
  app.get('/api/models/:id/:file', async (c) => {
    const path = await options.models.find(c.req.param('id'), c.req.param('file'))
    return (await fileResponse(path, c.req.raw)) ?? c.notFound()
  })
  app.route('/api/training', trainingRoutes(options.training))
  app.all('/api/*', (c) => c.json(problem('NOT_FOUND', `No such endpoint: ${c.req.path}`), 404))

  app.get('*', async (c) => {
    // The pages route themselves: an address without a file ending is one of theirs.
    const page = /\.[^/]*$/.test(c.req.path) ? undefined : await options.files.find('/index.html')
    const path = page ?? (await options.files.find(c.req.path))
    return (path && (await fileResponse(path, c.req.raw))) || c.text('Not found', 404)
  })
  app.all('*', (c) => c.text('Method not allowed', 405, { allow: 'GET, HEAD' }))

  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    if (error instanceof TesseraError) {
      return c.json({ error: error.toJSON() }, STATUS[error.code] ?? 400)
    }
    console.error(error)
    return c.json(problem('INTERNAL', 'The server failed; its terminal shows why'), 500)
  })
  return app
}

function problem(code: string, message: string) {
  return { error: { code, message } }
}
