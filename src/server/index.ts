// The server room: the Studio on a loopback port, and models behind an OpenAI-compatible API.
// The server room: the Studio on a loopback port.
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { papers } from '../papers/index.ts'
import { serve, type Served } from './serve.ts'
import { ModelShelf } from './models/shelf.ts'
import { TrainingRuns } from './training/runs.ts'

export { createApp, type AppOptions, type PaperSource } from './app.ts'
export * from './openai/index.ts'
export { TrainingRuns, type TrainingRunsOptions } from './training/runs.ts'
export type { ModelOffer } from './models/shelf.ts'
export type * from './training/protocol.ts'
export { DEFAULT_PORT, serve, type Served, type ServeOptions } from './serve.ts'

/** ONNX Runtime for pages is an optional package. */
function runtimeFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
  } catch {
    return null
  }
}

export interface StudioOptions {
  /** As in `serve`. */
  port?: number
  /** Where training runs are kept. Default: `.tessera/runs` in the home folder. */
  runs?: string
  /** A model for the Model page: a folder in the Hugging Face layout, or a .gguf or .safetensors file. */
  model?: string
}

/**
 * Serves the built Studio of this package with its vocabularies, papers and training runs.
 * Throws ARGUMENT_INVALID, FILE_NOT_FOUND (no built pages, no such model), PORT_IN_USE.
 */
export function startStudio(options: StudioOptions = {}): Promise<Served> {
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
  const training = new TrainingRuns({
    folder: options.runs ?? join(homedir(), '.tessera', 'runs'),
    samples: [
      {
        id: 'prose',
        name: 'Moby-Dick',
        about: 'The novel by Herman Melville, 1851; in the public domain',
        places: [path('./samples/moby-dick')],
        endings: ['.txt'],
      },
      {
        id: 'code',
        name: 'The source of Tessera',
        about: 'This package as it is installed, JavaScript and its types; Apache-2.0',
        places: ['core', 'tokenizer', 'measure', 'tensor', 'model', 'cli'].map((room) => path(`../${room}`)),
        endings: ['.js', '.d.ts'],
      },
    ],
  })
  const models = new ModelShelf(path('../../models'), options.model ?? null, () => training.models())
  return serve({
    pages: path('../studio-web'),
    vocabularies: path('../../vocabularies'),
    runtime: runtimeFolder(),
    papers,
    training,
    models,
    port: options.port,
  })
}
