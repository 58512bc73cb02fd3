// Serves a model: the API on a socket with bounds on everything that comes in, and an orderly end.
import { createServer, type Server } from 'node:http'
import { basename, resolve } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { TesseraError } from '../../core/index.ts'
import type { Model } from '../../model/index.ts'
import { listen, LOOPBACK } from '../listen.ts'
import { createApi } from './app.ts'
import { Forms } from './chooser.ts'
import { ApiKeys } from './keys.ts'
import { Metrics } from './metrics.ts'
import { ModelEngine } from './scheduler/model-engine.ts'
import { PrefixStore } from './scheduler/prefix-store.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import type { Service } from './service.ts'

export const DEFAULT_API_PORT = 7480

export interface ServeModelOptions {
  /** What clients call it. */
  name: string
  /** Default 127.0.0.1: this machine only. */
  host?: string
  /** Default 7480; 0: any free one. */
  port?: number
  /** Who may ask; none: everybody. */
  apiKeys?: readonly string[]
  /** Origins of web pages that may ask; `*` for all. Default: none. */
  corsOrigins?: readonly string[]
  /** Most answers that are written at once. Default 8. */
  maxBatch?: number
  /** Most prompts that wait. Default 64. */
  queue?: number
  /** Seconds that a request may take, waiting included. Default 600. */
  timeout?: number
  /** Tokens of prompt and answer together. Default: what the model has, at most 4096. */
  context?: number
  /** Tokens of prompts that are read between two steps. Default 128. */
  chunk?: number
  /** Bytes of memory for prefixes of earlier prompts. Default 256 MiB; 0: none. */
  prefixBytes?: number
  /** Bytes of a request's body. Default 4 MiB. */
  maxBody?: number
}

export interface ServedModel {
  url: string
  port: number
  /**
   * Takes nothing new, lets running answers end for at most `drainSeconds` (default 30), cuts off the rest, and closes.
   * The model is the caller's to release.
   */
  close(drainSeconds?: number): Promise<void>
}

const STANDARD_CONTEXT = 4096
const MAX_CONNECTIONS = 1024
/** Choices of one request: prompts times n. */
const MAX_CHOICES = 128

/** Serves until closed. Throws ARGUMENT_INVALID (no tokenizer, options out of range), PORT_IN_USE. */
export async function serveModel(model: Model, options: ServeModelOptions): Promise<ServedModel> {
  const { host = LOOPBACK, port = DEFAULT_API_PORT } = options
  const { service, engine } = serviceOf(model, options)
  const keys = new ApiKeys(options.apiKeys ?? [])
  let draining = false
  const hosts = new Set<string>()
  const local = isLoopback(host)
  const app = createApi(service, {
    keys,
    origins: options.corsOrigins ?? [],
    hosts: local && !keys.required ? hosts : null,
    draining: () => draining,
  })
  const server = createServer(
    {
      // Slow senders: a whole request has to be here in half a minute.
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 10_000,
      maxHeaderSize: 16_384,
    },
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  )
  await engine.warmUp()
  server.maxConnections = MAX_CONNECTIONS
  // A reader that takes nothing for longer than an answer may last is let go.
  server.setTimeout(service.timeout + 30_000)
  const bound = await listen(server, port, host)
  for (const name of [host, LOOPBACK, 'localhost', '[::1]']) {
    hosts.add(`${name}:${bound}`)
    if (bound === 80) hosts.add(name)
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    port: bound,
    async close(drainSeconds = 30) {
      draining = true
      await closeServer(server, service.scheduler.drain(), drainSeconds)
    },
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

async function closeServer(server: Server, drained: Promise<void>, seconds: number): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()))
  server.closeIdleConnections()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, 1000 * seconds)
  })
  // Answers that are written are still on their way to slow readers.
  await Promise.race([Promise.all([drained, closed]), late])
  clearTimeout(timer)
  server.closeAllConnections()
  await closed
  await drained
}

function serviceOf(model: Model, options: ServeModelOptions): { service: Service; engine: ModelEngine } {
  const { tokenizer, config } = model
  if (!tokenizer) {
    throw new TesseraError('ARGUMENT_INVALID', 'This model has no tokenizer, so it cannot be asked in text', {
      hint: 'Put its tokenizer.json beside it',
    })
  }
  const whole = (name: keyof ServeModelOptions, standard: number, least: number, most: number): number => {
    const value = options[name] ?? standard
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return value
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `${name} is a whole number from ${least} to ${most}, not ${value}`,
    )
  }
  const lanes = whole('maxBatch', 8, 1, 256)
  const chunk = whole('chunk', 128, 1, 65_536)
  const context = whole('context', Math.min(STANDARD_CONTEXT, config.maxPositions), 1, config.maxPositions)
  const metrics = new Metrics()
  const prefixes = new PrefixStore(whole('prefixBytes', 256 * 2 ** 20, 0, 2 ** 50))
  const engine = new ModelEngine(model, prefixes, lanes)
  const scheduler = new Scheduler(
    engine,
    { lanes, chunk, queue: whole('queue', 64, 1, 100_000) },
    {
      stepped(lanes, milliseconds) {
        metrics.stepSeconds.observe(milliseconds / 1000)
        metrics.stepLanes.observe(lanes)
      },
      fed(tokens, milliseconds) {
        metrics.promptTokens.add(tokens)
        metrics.readingSeconds.add(milliseconds / 1000)
      },
      known: (tokens) => metrics.knownTokens.add(tokens),
    },
  )
  const service: Service = {
    model,
    tokenizer,
    name: options.name,
    created: Math.floor(Date.now() / 1000),
    fingerprint: `fp_${model.identity.slice(0, 12)}_${model.precision}`,
    limits: {
      // Some models have more logits than tokens.
      vocab: Math.min(config.vocabSize, tokenizer.vocabSize),
      context,
      choices: MAX_CHOICES,
      answers: lanes,
    },
    maxBody: whole('maxBody', 4 * 2 ** 20, 1024, 2 ** 30),
    timeout: 1000 * whole('timeout', 600, 1, 86_400),
    chunk,
    scheduler,
    metrics,
    forms: new Forms(tokenizer),
    gauges: () => ({
      lanes: ['Most answers that are written at once', lanes],
      batch_cache_bytes: ['Memory of the running batch', engine.bytes],
      prefix_bytes: ['Memory of shared prefixes', prefixes.bytes],
      prefix_entries: ['Shared prefixes', prefixes.size],
      model_bytes: ['Memory of the weights', model.bytes],
    }),
  }
  return { service, engine }
}

/** A model's name from its path: the last folder, or the file without its ending. */
export function modelNameOf(path: string): string {
  return basename(resolve(path)).replace(/\.(gguf|safetensors)$/i, '') || 'model'
}
