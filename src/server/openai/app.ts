// The API's request handler, without a socket: who may ask, which endpoint, and what an error looks like.
import { randomBytes } from 'node:crypto'
import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { TesseraError } from '../../core/index.ts'
import { failureOf, notFound } from './failure.ts'
import type { ApiKeys } from './keys.ts'
import { readJson } from './protocol/body.ts'
import { chatCompletions } from './routes/chat.ts'
import { completions } from './routes/completions.ts'
import { embeddings } from './routes/embeddings.ts'
import { health, metricsPage, modelList, modelOf } from './routes/status.ts'
import { detokenize, tokenize } from './routes/tokens.ts'
import { beginCall, type Call, type Service } from './service.ts'

export interface ApiOptions {
  keys: ApiKeys
  /** Origins of web pages that may ask; `*` for all. Default: none. */
  origins: readonly string[]
  /**
   * The `Host` values that are us, in lower case; null: any. A page of another site can make its own name resolve to
   * this machine (DNS rebinding) and would then be our own origin; its requests still carry its name.
   */
  hosts: ReadonlySet<string> | null
  /** True from the moment of shutting down. */
  draining(): boolean
}

const POSTS = {
  '/v1/completions': completions,
  '/v1/chat/completions': chatCompletions,
  '/v1/embeddings': embeddings,
  '/tokenize': (service: Service, _: Call, body: unknown) => tokenize(service, body),
  '/detokenize': (service: Service, _: Call, body: unknown) => detokenize(service, body),
} as const

const GETS = new Set(['/v1/models', '/v1/models/:name', '/health', '/metrics'])

export function createApi(service: Service, { keys, origins, hosts, draining }: ApiOptions): Hono {
  const app = new Hono<{ Variables: { client: string } }>()
  const { metrics } = service

  app.use(async (c, next) => {
    await next()
    // The paths that there are, so that no client can make series.
    const known = c.req.path in POSTS || GETS.has(c.req.path)
    const endpoint = known ? c.req.path : c.req.path.startsWith('/v1/models/') ? '/v1/models/:name' : 'other'
    metrics.requests.add(1, { endpoint, status: String(c.res.status) })
    c.res.headers.set('x-content-type-options', 'nosniff')
    c.res.headers.set('x-request-id', `req_${randomBytes(12).toString('hex')}`)
  })

  app.use((c, next) => {
    const host = c.req.header('host')?.toLowerCase() ?? ''
    if (hosts === null || hosts.has(host)) return next()
    throw new TesseraError('HOST_REFUSED', `This server does not answer for the host ${host.slice(0, 100)}`, {
      hint: 'Ask for it by the address it was started with',
    })
  })

  if (origins.length > 0) {
    app.use(cors({ origin: origins.includes('*') ? '*' : [...origins], allowMethods: ['GET', 'POST'] }))
  }

  // Whoever watches over the server has no key.
  app.get('/health', () => health(service, draining()))

  app.use(async (c, next) => {
    c.set('client', keys.required ? `key ${keys.check(c.req.header('authorization'))}` : addressOf(c))
    return next()
  })

  for (const [path, handle] of Object.entries(POSTS)) {
    app.post(path, async (c) => {
      const call = beginCall(service, c.get('client'), c.req.raw)
      try {
        return await handle(service, call, await readJson(c.req.raw, { maxBytes: service.maxBody }))
      } finally {
        if (!call.streams) call.end()
      }
    })
    app.all(path, (c) => c.json(notFound(c.req.method, c.req.path), 405, { allow: 'POST' }))
  }
  app.get('/v1/models', () => modelList(service))
  app.get('/v1/models/:name{.+}', (c) => modelOf(service, c.req.param('name')))
  app.get('/metrics', () => metricsPage(service))
  app.notFound((c) => c.json(notFound(c.req.method, c.req.path), 404))

  app.onError((error) => {
    const { status, body } = failureOf(error)
    if (status === 500) console.error(error)
    const headers: Record<string, string> = {}
    if (status === 429) headers['retry-after'] = String(service.scheduler.retryAfter)
    if (status === 503) headers['retry-after'] = '10'
    if (status === 401) headers['www-authenticate'] = 'Bearer'
    return Response.json(body, { status, headers })
  })
  return app as unknown as Hono
}

/** Requests of one address are one client; without a socket (tests of the handler) there is only one. */
function addressOf(c: Context): string {
  return c.env && 'incoming' in (c.env as object) ? (getConnInfo(c).remote.address ?? 'unknown') : 'local'
}
