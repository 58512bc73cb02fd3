// Which ONNX Runtime, and on what: onnxruntime-node where there is Node (unless only `wasm` is asked for),
// onnxruntime-web in a page. Both are optional packages, loaded when a session is first opened.
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { TesseraError } from '../../core/index.ts'

export type Ort = typeof import('onnxruntime-node')

/** A tensor of ONNX Runtime. */
export type NativeTensor = OrtTensor

/** What computes: `cuda`, `dml` (DirectML) and `coreml` need Node and a build that has them, `wasm` is any. */
export type Provider = 'cpu' | 'cuda' | 'dml' | 'coreml' | 'webgpu' | 'wasm'

const PROVIDERS: readonly string[] = ['cpu', 'cuda', 'dml', 'coreml', 'webgpu', 'wasm'] satisfies Provider[]

export interface Runtime {
  ort: Ort
  /** In the order of preference. */
  providers: readonly Provider[]
  /** onnxruntime-web, which leaves given output arrays untouched. */
  web: boolean
}

export interface WebRuntimeOptions {
  /** Where the page finds the runtime's .wasm files: a folder's URL that ends with `/`. */
  wasmPaths?: string
}

let webOptions: WebRuntimeOptions = {}
const loaded = new Map<string, Promise<Ort>>()

/** For pages whose bundler does not place the runtime's files by itself; before the first session. */
export function configureWebRuntime(options: WebRuntimeOptions): void {
  webOptions = options
}

const inNode = () => typeof process === 'object' && Boolean(process.versions?.node)

async function load(name: string, importing: () => Promise<unknown>): Promise<Ort> {
  let ort = loaded.get(name)
  if (!ort) loaded.set(name, (ort = importing() as Promise<Ort>))
  try {
    return await ort
  } catch (cause) {
    loaded.delete(name)
    const packageName = name.split('/')[0]!
    throw new TesseraError('PACKAGE_MISSING', `Running a graph needs the package ${packageName}`, {
      hint: `npm install ${packageName}`,
      cause,
    })
  }
}

/** A page's graphics processor, where it has one that may be used. */
async function hasWebGpu(): Promise<boolean> {
  const gpu = (globalThis as { navigator?: { gpu?: { requestAdapter(): Promise<unknown> } } }).navigator?.gpu
  try {
    return Boolean(await gpu?.requestAdapter())
  } catch {
    return false
  }
}

/** Throws PACKAGE_MISSING, ARGUMENT_INVALID for a provider that there is not. */
export async function runtimeFor(asked: readonly string[] | undefined, threads: number): Promise<Runtime> {
  const unknown = asked?.find((name) => !PROVIDERS.includes(name))
  if (unknown !== undefined || asked?.length === 0) {
    throw new TesseraError('ARGUMENT_INVALID', `There is no provider ${JSON.stringify(unknown ?? null)}`, {
      hint: `There are: ${PROVIDERS.join(', ')}`,
    })
  }
  const providers = asked as readonly Provider[] | undefined
  if (inNode() && !(providers && providers.every((name) => name === 'wasm'))) {
    const ort = await load('onnxruntime-node', () => import('onnxruntime-node'))
    const chosen = providers ?? ['cpu']
    // What the build cannot do is said before a graph is refused for it.
    const built = new Set(ort.listSupportedBackends?.().map(({ name }) => name))
    const missing = chosen.find((name) => built.size > 0 && !built.has(name))
    if (missing) {
      throw new TesseraError('ARGUMENT_INVALID', `onnxruntime-node has no ${missing} on this machine`, {
        hint: `It has: ${[...built].join(', ')}`,
      })
    }
    return { ort, providers: chosen, web: false }
  }
  const chosen = providers ?? ((await hasWebGpu()) ? ['webgpu', 'wasm'] : ['wasm'])
  const ort = chosen.includes('webgpu')
    ? await load('onnxruntime-web/webgpu', () => import('onnxruntime-web/webgpu'))
    : await load('onnxruntime-web/wasm', () => import('onnxruntime-web/wasm'))
  // Read when the first session is opened, and holds from then on. Threads need shared memory, which a page has
  // when its server isolates it.
  const { wasm } = ort.env as { wasm: { numThreads?: number; wasmPaths?: string } }
  wasm.numThreads = typeof SharedArrayBuffer === 'function' ? threads : 1
  if (webOptions.wasmPaths !== undefined) wasm.wasmPaths = webOptions.wasmPaths
  return { ort, providers: chosen, web: true }
}

/** What a session needs of the runtime: its own thread's, or one in a worker. */
export interface Engine {
  /** Only the outputs that are named; arrays that are given are written to. */
  run(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, NativeTensor | null>>,
  ): Promise<Readonly<Record<string, NativeTensor>>>
  /** A profile is written now. */
  release(): Promise<void>
}

export async function openEngine(
  { ort, web }: Runtime,
  source: string | Uint8Array,
  settings: InferenceSession.SessionOptions,
): Promise<Engine> {
  const { create } = ort.InferenceSession
  const session = await (typeof source === 'string' ? create(source, settings) : create(source, settings))
  return {
    async run(feeds, fetches) {
      if (!web) return (await session.run(feeds, fetches)) as Record<string, NativeTensor>
      const results = (await session.run(feeds, Object.keys(fetches))) as Record<string, NativeTensor>
      keepIn(fetches, results)
      return results
    },
    release: () => session.release(),
  }
}

/** Copies results to the arrays that were given for them. */
export function keepIn(
  fetches: Readonly<Record<string, NativeTensor | null>>,
  results: Readonly<Record<string, NativeTensor>>,
): void {
  for (const [name, own] of Object.entries(fetches)) {
    if (own) (own.data as Float32Array).set(results[name]!.data as Float32Array)
  }
}
