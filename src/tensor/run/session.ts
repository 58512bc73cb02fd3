// A program on ONNX Runtime: onnxruntime-node where there is Node, onnxruntime-web in a page. Both are optional
// packages; the graph is the same. `run` blocks the thread while native code computes (see the engine's notes).
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { TesseraError } from '../../core/index.ts'
import { shapeText, sizeOf } from '../dim.ts'
import type { Program } from '../program.ts'
import type { DType, TensorData } from '../tensor.ts'
import { checkFeeds, type Feed } from './feeds.ts'

type Ort = typeof import('onnxruntime-node')

export interface SessionOptions {
  /** Threads within one operator. Default 1; several sessions at once should stay at 1 each. */
  threads?: number
  /** In the order of preference: `cpu`, `cuda`, `dml`, `coreml`, `webgpu`, `wasm`. Default: cpu or wasm. */
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
}

/** A tensor of ONNX Runtime. */
export type NativeTensor = OrtTensor

export interface Result {
  data: TensorData
  shape: readonly number[]
}

type RuntimeName = 'onnxruntime-node' | 'onnxruntime-web/wasm' | 'onnxruntime-web/webgpu'

const loaded = new Map<RuntimeName, Promise<Ort>>()

const inNode = typeof process === 'object' && Boolean(process.versions?.node)

function runtimeName(providers: readonly string[]): RuntimeName {
  if (inNode) return 'onnxruntime-node'
  return providers.includes('webgpu') ? 'onnxruntime-web/webgpu' : 'onnxruntime-web/wasm'
}

/**
 * In a page threads are those of the whole runtime: what the first session asks for holds. They need shared memory,
 * which a page has when its server isolates it.
 */
async function loadWeb(name: Exclude<RuntimeName, 'onnxruntime-node'>, threads: number): Promise<Ort> {
  const ort = await (name === 'onnxruntime-web/webgpu'
    ? import('onnxruntime-web/webgpu')
    : import('onnxruntime-web/wasm'))
  ort.env.wasm.numThreads = typeof SharedArrayBuffer === 'function' ? threads : 1
  return ort as unknown as Ort
}

/** Throws PACKAGE_MISSING. */
async function runtime(providers: readonly string[], threads: number): Promise<Ort> {
  const name = runtimeName(providers)
  try {
    let loading = loaded.get(name)
    if (!loading) {
      loading = name === 'onnxruntime-node' ? import('onnxruntime-node') : loadWeb(name, threads)
      loaded.set(name, loading)
    }
    return await loading
  } catch (cause) {
    loaded.delete(name)
    const [missing] = name.split('/') as [string]
    throw new TesseraError('PACKAGE_MISSING', `Running a graph needs the package ${missing}`, {
      hint: `npm install ${missing}`,
      cause,
    })
  }
}

/** Our names of element types and those of ONNX Runtime agree; bool and float16 are held in other arrays. */
function ortTensor(ort: Ort, dtype: DType, data: TensorData, shape: readonly number[]): OrtTensor {
  return new ort.Tensor(dtype, data as never, shape)
}

export class Session<Outputs extends string = string> {
  readonly program: Program<Outputs>
  private readonly ort: Ort
  private session: InferenceSession | null
  /** onnxruntime-web leaves given output arrays untouched. */
  private readonly copies = !inNode

  private constructor(program: Program<Outputs>, ort: Ort, session: InferenceSession) {
    this.program = program
    this.ort = ort
    this.session = session
  }

  /** Throws PACKAGE_MISSING, RUNTIME_FAILED, and what compiling the program throws. */
  static async open<Outputs extends string>(
    program: Program<Outputs>,
    options: SessionOptions = {},
  ): Promise<Session<Outputs>> {
    const { threads = 1, providers, profile, external = {}, folder } = options
    const ort = await runtime(providers ?? [], threads)
    const { bytes } = program.onnx()
    const externalData = Object.entries(external).map(([path, data]) => ({ path, data }))
    const source = folder === undefined ? bytes : await writeGraph(folder, bytes)
    try {
      const settings: InferenceSession.SessionOptions = {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
        ...(providers && { executionProviders: [...providers] }),
        ...(externalData.length > 0 && { externalData }),
        ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
      }
      const { create } = ort.InferenceSession
      const session = await (typeof source === 'string' ? create(source, settings) : create(source, settings))
      return new Session(program, ort, session)
    } catch (cause) {
      throw runtimeError('ONNX Runtime refused the graph', cause)
    }
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
    if (!this.session) throw new TesseraError('ARGUMENT_INVALID', 'The session has been released')
    const sizes = new Map<string, number>()
    const checked = checkFeeds(this.program.inputs, feeds, sizes)
    const tensors = Object.fromEntries(
      checked
        .filter(({ name }) => this.program.used.has(name))
        .map(({ name, data, shape }) => [
          name,
          ortTensor(this.ort, this.program.inputs.get(name)!.dtype, data, shape),
        ]),
    )
    let results: InferenceSession.OnnxValueMapType
    try {
      results = await this.session.run(tensors, this.fetches(into, sizes))
    } catch (cause) {
      throw runtimeError('ONNX Runtime failed', cause)
    }
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => {
        const { data, dims } = tensor as OrtTensor
        const own = into[name as Outputs]
        // A page's runtime does not write into given arrays.
        if (own && this.copies) (own as Float32Array).set(data as Float32Array)
        return [name, { data: own ?? (data as TensorData), shape: dims }]
      }),
    ) as Record<Outputs, Result>
  }

  /** A tensor for `runPrepared`; large arrays are not copied. */
  tensor(dtype: DType, data: TensorData, shape: readonly number[]): NativeTensor {
    return ortTensor(this.ort, dtype, data, shape)
  }

  /**
   * Runs without a check of ours, for loops that know their shapes. Only the outputs that are named are given
   * back; a tensor is written to, null asks for a new one. Throws RUNTIME_FAILED.
   */
  async runPrepared(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, NativeTensor | null>>,
  ): Promise<Readonly<Record<string, NativeTensor>>> {
    if (!this.session) throw new TesseraError('ARGUMENT_INVALID', 'The session has been released')
    try {
      if (!this.copies) return (await this.session.run(feeds, fetches)) as Record<string, NativeTensor>
      const results = await this.session.run(feeds, Object.keys(fetches))
      for (const [name, own] of Object.entries(fetches)) {
        if (own) (own.data as Float32Array).set((results[name] as OrtTensor).data as Float32Array)
      }
      return results as Record<string, NativeTensor>
    } catch (cause) {
      throw runtimeError('ONNX Runtime failed', cause)
    }
  }

  /** Outputs by name: null asks the runtime for an array of its own. */
  private fetches(
    into: Partial<Readonly<Record<Outputs, TensorData>>>,
    sizes: ReadonlyMap<string, number>,
  ): Record<string, OrtTensor | null> {
    return Object.fromEntries(
      [...this.program.outputs].map(([name, { dtype, shape }]) => {
        const data = into[name]
        if (!data || this.copies) return [name, null]
        const known = shape.map((dim) => sizeOf(dim, sizes))
        const length = known.reduce<number>((n, size) => n * (size ?? NaN), 1)
        if (length !== data.length) {
          throw new TesseraError('SHAPE_MISMATCH', `${data.length} elements for the output ${name}`, {
            where: shapeText(shape),
          })
        }
        return [name, ortTensor(this.ort, dtype, data, known as number[])]
      }),
    )
  }

  /** Frees its memory; a profile is written now. */
  async release(): Promise<void> {
    const session = this.session
    this.session = null
    await session?.release()
  }
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
