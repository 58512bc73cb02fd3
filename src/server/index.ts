// The server room: the Studio on a loopback port, and models behind an OpenAI-compatible API.
import { fileURLToPath } from 'node:url'
import { papers } from '../papers/index.ts'
import { serve, type Served } from './serve.ts'

export { createApp, type AppOptions, type PaperSource } from './app.ts'
export * from './openai/index.ts'
export { DEFAULT_PORT, serve, type Served, type ServeOptions } from './serve.ts'

/**
 * Serves the built Studio of this package with its vocabularies and papers. `port` as in `serve`.
 * Throws ARGUMENT_INVALID, FILE_NOT_FOUND, PORT_IN_USE.
 */
export function startStudio(options: { port?: number } = {}): Promise<Served> {
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
  return serve({
    pages: path('../studio-web'),
    vocabularies: path('../../vocabularies'),
    papers,
    port: options.port,
  })
}
