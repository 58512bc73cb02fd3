// A program on ONNX Runtime: onnxruntime-node where there is Node, onnxruntime-web in a page, here or in a worker;
// the graph is the same. Natively, `run` blocks the thread while it computes, unless the session is in a worker.
// DEBUG=tessera:graph,tessera:shapes,tessera:profile opens views of it (debug.ts).
import type { InferenceSession } from 'onnxruntime-node'
import { TesseraError } from '../../core/index.ts'
import { shapeText, sizeOf } from '../dim.ts'
import type { Program } from '../program.ts'
import type { DType, TensorData } from '../tensor.ts'
import { show, viewIsOpen } from './debug.ts'
import { checkFeeds, type Feed } from './feeds.ts'
import { profileByOperator, profileText } from './profile.ts'
import { type Engine, type NativeTensor, openEngine, type Runtime, runtimeFor } from './runtime.ts'
import { openWorkerEngine } from './worker-engine.ts'

export interface SessionOptions {
  /** Threads within one operator. Default 1; several sessions at once should stay at 1 each. */
  threads?: number
  /**
   * In the order of preference: cpu, cuda, dml, coreml, webgpu, wasm. Default: `cpu` in Node; in a page `webgpu` where there is one, then `wasm`.
   * `wasm` alone in Node runs onnxruntime-web there.
   */
  providers?: readonly string[]
  /** Write a profile by operator to `<prefix>_<time>.json` when the session is released (Node only). */
  profile?: string
  /** Constants that lie outside of the graph, by their location, where they are in memory. */
  external?: Readonly<Record<string, Uint8Array>>
  /**
   * A folder that holds the files of such constants. The graph is written there and opened by its path, so that
   * the runtime maps the files into memory (Node only).
   */
  folder?: string
  /**
   * Keep a plan of the memory of each set of sizes that has been run (default). Without, for sessions whose sizes differ
   * from run to run: the plans would be many and never used again.
   */
  planMemory?: boolean
  /** Run in a worker of its own, so that this thread is free meanwhile; a URL: of the bundled session-worker. */
  worker?: boolean | URL
}

export interface Result {
  data: TensorData
  shape: readonly number[]
}

export interface SessionMemory {
  /** Bytes of the graph and its constants. */
  constants: number
  /** Bytes of what the largest run so far had alive at once: inputs, results and outputs, by their shapes. */
  working: number
}

/** A session of ONNX Runtime and who uses it. */
interface Shared {
  engine: Engine
  runtime: Runtime
  holders: number
  memory: SessionMemory
  /** Where its profile goes that is shown when it ends. */
  profile: string | null
  /** Sizes that have been accounted for (and shown). */
  readonly seen: Set<string>
}

const open = new Set<Shared>()
const cached = new Map<string, { program: Program; shared: Promise<Shared> }>()

/** Of all open sessions; a session that several hold counts once. */
export function sessionMemory(): SessionMemory & { sessions: number } {
  const total = { sessions: open.size, constants: 0, working: 0 }
  for (const { memory } of open) {
    total.constants += memory.constants
    total.working += memory.working
  }
  return total
}

export class Session<Outputs extends string = string> {
  readonly program: Program<Outputs>
  private readonly shared: Shared
  private readonly cacheKey: string | null
  private released = false

  private constructor(program: Program<Outputs>, shared: Shared, cacheKey: string | null) {
    this.program = program
    this.shared = shared
    this.cacheKey = cacheKey
    shared.holders++
  }

  /** Throws PACKAGE_MISSING, RUNTIME_FAILED, and what compiling the program throws. */
  static async open<Outputs extends string>(
    program: Program<Outputs>,
    options: SessionOptions = {},
  ): Promise<Session<Outputs>> {
    return new Session(program, await start(program, options), null)
  }

  /**
   * The session that is already open for an equal graph and equal options, or a new one. Each holder releases its
   * own; the last one frees it. Constants outside of the graph must be the same arrays. Throws what `open` throws.
   */
  static async shared<Outputs extends string>(
    program: Program<Outputs>,
    options: SessionOptions = {},
  ): Promise<Session<Outputs>> {
    const key = keyOf(program, options)
    const known = cached.get(key)
    if (known && sameBytes(known.program.onnx().bytes, program.onnx().bytes)) {
      const shared = await known.shared
      // Its last holder may have let go while this one waited.
      if (open.has(shared)) return new Session(program, shared, key)
    }
    const shared = start(program, options)
    cached.set(key, { program, shared })
    try {
      return new Session(program, await shared, key)
    } catch (error) {
      if (cached.get(key)?.shared === shared) cached.delete(key)
      throw error
    }
  }

  /** Bytes that this session accounts for. */
  get memory(): SessionMemory {
    return { ...this.shared.memory }
  }

  /**
   * Runs the program. Plain arrays leave at most one dimension open; else give `{ data, shape }`. `into`: arrays
   * that some outputs are written to; their shapes must be known from the feeds. Throws what `checkFeeds`
   * throws, and RUNTIME_FAILED.
   */
  async run(
    feeds: Readonly<Record<string, Feed>>,
    into: Partial<Readonly<Record<Outputs, TensorData>>> = {},
  ): Promise<Record<Outputs, Result>> {
    this.checkOpen()
    const sizes = new Map<string, number>()
    const checked = checkFeeds(this.program.inputs, feeds, sizes)
    this.account(sizes)
    const tensors = Object.fromEntries(
      checked
        .filter(({ name }) => this.program.used.has(name))
        .map(({ name, data, shape }) => [
          name,
          this.tensor(this.program.inputs.get(name)!.dtype, data, shape),
        ]),
    )
    const results = await this.runPrepared(tensors, this.fetches(into, sizes))
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [
        name,
        { data: into[name as Outputs] ?? (data as TensorData), shape: dims },
      ]),
    ) as Record<Outputs, Result>
  }

  /** A tensor for `runPrepared`; large arrays are not copied. bool and float16 are held in other arrays' types. */
  tensor(dtype: DType, data: TensorData, shape: readonly number[]): NativeTensor {
    return new this.shared.runtime.ort.Tensor(dtype, data as never, shape)
  }

  /**
   * Runs without a check of ours, for loops that know their shapes. Only the outputs that are named are given
   * back; a tensor is written to, null asks for a new one. Throws RUNTIME_FAILED.
   */
  async runPrepared(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, NativeTensor | null>>,
  ): Promise<Readonly<Record<string, NativeTensor>>> {
    this.checkOpen()
    try {
      return await this.shared.engine.run(feeds, fetches)
    } catch (cause) {
      throw runtimeError('ONNX Runtime failed', cause)
    }
  }

  private checkOpen(): void {
    if (this.released) throw new TesseraError('ARGUMENT_INVALID', 'The session has been released')
  }

  /** Notes what a run with these sizes needs, the first time that they come. */
  private account(sizes: ReadonlyMap<string, number>): void {
    const { seen, memory } = this.shared
    const key = [...sizes].map(([name, size]) => `${name}=${size}`).join(' ')
    if (seen.has(key) || seen.size >= MOST_SIZES) return
    seen.add(key)
    const { inputs, peak } = this.program.memory(Object.fromEntries(sizes))
    memory.working = Math.max(memory.working, inputs + peak)
    if (viewIsOpen('shapes')) show('shapes', `${key || 'no named dimensions'}\n${this.program.text(sizes)}`)
  }

  /** Outputs by name: null asks the runtime for an array of its own. */
  private fetches(
    into: Partial<Readonly<Record<Outputs, TensorData>>>,
    sizes: ReadonlyMap<string, number>,
  ): Record<string, NativeTensor | null> {
    return Object.fromEntries(
      [...this.program.outputs].map(([name, { dtype, shape }]) => {
        const data = into[name]
        if (!data) return [name, null]
        const known = shape.map((dim) => sizeOf(dim, sizes))
        const length = known.reduce<number>((n, size) => n * (size ?? NaN), 1)
        if (length !== data.length) {
          throw new TesseraError('SHAPE_MISMATCH', `${data.length} elements for the output ${name}`, {
            where: shapeText(shape),
          })
        }
        return [name, this.tensor(dtype, data, known as number[])]
      }),
    )
  }

  /** Lets go of it; the last holder frees its memory, and a profile is written then. */
  async release(): Promise<void> {
    if (this.released) return
    this.released = true
    const { shared } = this
    if (--shared.holders > 0) return
    if (this.cacheKey !== null) cached.delete(this.cacheKey)
    open.delete(shared)
    await shared.engine.release()
    if (shared.profile !== null) await showProfile(shared.profile)
  }
}

/** Sizes that are told apart for accounting; a server sees few, a loop of growing caches many. */
const MOST_SIZES = 64

async function start(program: Program, options: SessionOptions): Promise<Shared> {
  const { threads = 1, providers, external = {}, folder, worker = false, planMemory = true } = options
  const runtime = await runtimeFor(providers, threads)
  const { bytes } = program.onnx()
  if (viewIsOpen('graph')) show('graph', program.text())
  const shown = viewIsOpen('profile') && !runtime.web && options.profile === undefined
  const profile = options.profile ?? (shown ? await temporaryPrefix() : undefined)
  const externalData = Object.entries(external).map(([path, data]) => ({ path, data }))
  const settings: InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableMemPattern: planMemory,
    executionProviders: [...runtime.providers],
    ...(externalData.length > 0 && { externalData }),
    ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
  }
  try {
    const source = folder === undefined ? bytes : await writeGraph(folder, bytes)
    const file = worker instanceof URL ? { file: worker } : {}
    const engine = worker
      ? await openWorkerEngine(runtime, source, settings, {
          ...(providers && { providers }),
          threads,
          ...file,
        })
      : await openEngine(runtime, source, settings)
    const constants = Math.max(bytes.length, program.memory().constants)
    const shared: Shared = {
      engine,
      runtime,
      holders: 0,
      memory: { constants, working: 0 },
      profile: shown ? profile! : null,
      seen: new Set(),
    }
    open.add(shared)
    return shared
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause
    throw runtimeError('ONNX Runtime refused the graph', cause)
  }
}

function keyOf(program: Program, { external, worker, ...options }: SessionOptions): string {
  const { bytes } = program.onnx()
  // FNV-1a; equal keys are compared byte by byte.
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  const arrays = Object.entries(external ?? {}).map(([path, data]) => [path, identityOf(data)])
  return JSON.stringify([bytes.length, hash, options, arrays, String(worker)])
}

const identities = new WeakMap<object, number>()
let lastIdentity = 0

function identityOf(data: object): number {
  let identity = identities.get(data)
  if (identity === undefined) identities.set(data, (identity = ++lastIdentity))
  return identity
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, i) => byte === b[i]))
}

async function temporaryPrefix(): Promise<string> {
  const [{ mkdtemp }, { tmpdir }, { join }] = await Promise.all([
    import('node:fs/promises'),
    import('node:os'),
    import('node:path'),
  ])
  return join(await mkdtemp(join(tmpdir(), 'tessera-profile-')), 'run')
}

/** Reads the profile beside a prefix, shows it and removes its folder. */
async function showProfile(prefix: string): Promise<void> {
  const [{ readdir, readFile, rm }, { dirname, join }] = await Promise.all([
    import('node:fs/promises'),
    import('node:path'),
  ])
  const folder = dirname(prefix)
  for (const name of await readdir(folder)) {
    show('profile', profileText(profileByOperator(await readFile(join(folder, name), 'utf8'))))
  }
  await rm(folder, { recursive: true, force: true })
}

/** The path of the graph in a folder, under a name that its content gives. */
async function writeGraph(folder: string, bytes: Uint8Array): Promise<string> {
  const [{ createHash }, { existsSync }, { join }, { writeFileAtomic }] = await Promise.all([
    import('node:crypto'),
    import('node:fs'),
    import('node:path'),
    import('../../core/node.ts'),
  ])
  const path = join(folder, `${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}.onnx`)
  if (!existsSync(path)) await writeFileAtomic(path, bytes)
  return path
}

function runtimeError(message: string, cause: unknown): TesseraError {
  return new TesseraError('RUNTIME_FAILED', `${message}: ${(cause as Error).message}`, { cause })
}
