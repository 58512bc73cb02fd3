// The Studio's HTTP side. It only serves: pages, vocabularies, and what is known about the papers.
// Tokenizing runs in the page, so no text that a person types or drops ever arrives here.
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { TesseraError } from '../core/index.ts'
import { fileResponse, type FileTable } from './files.ts'

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
  /** The `Host` values that are us, in lower case: `127.0.0.1:7470`. Any other is refused. */
  hosts: ReadonlySet<string>
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

  app.use(
    secureHeaders({
      // Styles may be inline because the figures (Observable Plot) carry their own; scripts never.
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      crossOriginOpenerPolicy: 'same-origin',
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
      return c.json({ error: error.toJSON() }, error.code.endsWith('_NOT_FOUND') ? 404 : 400)
    }
    console.error(error)
    return c.json(problem('INTERNAL', 'The server failed; its terminal shows why'), 500)
  })
  return app
}

function problem(code: string, message: string) {
  return { error: { code, message } }
}
