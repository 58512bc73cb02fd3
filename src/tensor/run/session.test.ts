// Sessions: shared ones, memory that is accounted for and released, providers, a session in a worker, the other
// runtime, and the views that DEBUG opens.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Random } from '../../core/index.ts'
import * as t from '../index.ts'
import { randomGiven } from '../testing/check.ts'
import { profileByOperator } from './profile.ts'

const program = () =>
  t.trace({ x: t.float('batch', 4), w: t.float(4, 4) }, ({ x, w }) => ({
    y: t.silu(t.matmul(x, w)),
    size: t.sum(t.square(x)),
  }))

const w = randomGiven(new Random(1), [4, 4])
const x = randomGiven(new Random(2), [3, 4])

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: { code: string }) => error.code,
  )

const folder = mkdtempSync(join(tmpdir(), 'tessera-session-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('shared sessions', () => {
  test('of equal programs and options are one, which its last holder frees', async () => {
    const before = t.sessionMemory()
    const [a, b] = await Promise.all([t.Session.shared(program()), t.Session.shared(program())])
    const c = await t.Session.shared(program())
    expect(t.sessionMemory().sessions).toBe(before.sessions + 1)
    const other = await t.Session.shared(program(), { threads: 2 })
    const another = await t.Session.shared(t.trace({ x: t.float(4) }, ({ x }) => ({ y: t.neg(x) })))
    expect(t.sessionMemory().sessions).toBe(before.sessions + 3)
    await a.release()
    await a.release()
    await b.release()
    expect(await codeOf(a.run({ x, w }))).toBe('ARGUMENT_INVALID')
    expect((await c.run({ x, w })).y.shape).toEqual([3, 4])
    for (const session of [c, other, another]) await session.release()
    expect(t.sessionMemory()).toEqual(before)
    const again = await t.Session.shared(program())
    expect((await again.run({ x, w })).y.shape).toEqual([3, 4])
    await again.release()
  })

  test('that cannot be opened leave nothing behind', async () => {
    const before = t.sessionMemory()
    const broken = t.trace({ x: t.float(2) }, ({ x }) => ({ y: t.makeNode('NoSuchOperator', [x], [x])[0]! }))
    for (let i = 0; i < 2; i++) expect(await codeOf(t.Session.shared(broken))).toBe('RUNTIME_FAILED')
    expect(t.sessionMemory()).toEqual(before)
  })
})

describe('memory', () => {
  test('of a graph is what is alive at once', () => {
    const chain = t.trace({ x: t.float('n', 256) }, ({ x }) => {
      const big = t.constant(new Float32Array(256 * 256), [256, 256])
      return { y: t.sum(t.exp(t.neg(t.exp(t.matmul(x, big))))) }
    })
    // The product and each result after it: two at a time.
    expect(chain.memory({ n: 10 })).toEqual({
      constants: 256 * 256 * 4 + 2 * 8,
      inputs: 10 * 256 * 4,
      outputs: 4,
      peak: 2 * 10 * 256 * 4,
    })
    expect(chain.memory({ n: 20 }).peak).toBe(2 * chain.memory({ n: 10 }).peak)
  })

  test('of sessions grows with their largest run', async () => {
    const before = t.sessionMemory()
    const session = await t.Session.open(program())
    expect(session.memory.constants).toBeGreaterThan(0)
    await session.run({ x, w })
    const small = session.memory.working
    await session.run({ x: randomGiven(new Random(3), [300, 4]), w })
    expect(session.memory.working).toBeGreaterThan(50 * small)
    await session.run({ x, w })
    expect(t.sessionMemory().working).toBe(before.working + session.memory.working)
    await session.release()
    expect(t.sessionMemory()).toEqual(before)
  })
})

describe('providers', () => {
  test('that do not exist, or are not in this build, are named with those that are', async () => {
    await expect(t.Session.open(program(), { providers: ['abacus'] })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      hint: expect.stringContaining('cuda'),
    })
    expect(await codeOf(t.Session.open(program(), { providers: [] }))).toBe('ARGUMENT_INVALID')
    const foreign = process.platform === 'win32' ? 'coreml' : 'dml'
    await expect(t.Session.open(program(), { providers: [foreign, 'cpu'] })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      hint: expect.stringContaining('cpu'),
    })
  })

  test('wasm gives what the native runtime gives, also into arrays of the caller', async () => {
    const results = []
    for (const providers of [['cpu'], ['wasm']] as const) {
      const session = await t.Session.open(program(), { providers })
      const into = new Float32Array(12)
      const { y } = await session.run({ x, w }, { y: into })
      expect(y.data).toBe(into)
      results.push(into)
      await session.release()
    }
    for (const [i, value] of results[0]!.entries()) expect(results[1]![i]).toBeCloseTo(value, 6)
  })
})

describe('in a worker', () => {
  let worker: URL

  beforeAll(async () => {
    // As in the package: JavaScript beside the rest.
    const file = join(folder, 'session-worker.mjs')
    const bundle = await rolldown({
      input: fileURLToPath(new URL('./session-worker.ts', import.meta.url)),
      platform: 'node',
      external: [/^node:/, /^onnxruntime/],
      logLevel: 'silent',
    })
    await bundle.write({ file, format: 'esm' })
    mkdirSync(join(folder, 'node_modules'))
    for (const name of ['onnxruntime-node', 'onnxruntime-web', 'onnxruntime-common']) {
      symlinkSync(
        fileURLToPath(new URL(`../../../node_modules/${name}`, import.meta.url)),
        join(folder, 'node_modules', name),
      )
    }
    worker = pathToFileURL(file)
  })

  test('a session gives what one in this thread gives, and leaves it free', async () => {
    const [here, there] = [await t.Session.open(program()), await t.Session.open(program(), { worker })]
    const expected = await here.run({ x, w })
    // A view of a larger array, as parameters are; results into an array of the caller.
    const wide = new Float32Array(40)
    wide.set(x.data, 5)
    const into = new Float32Array(12)
    const runs = [1, 2, 3].map(() =>
      there.run({ x: { data: wide.subarray(5, 17), shape: [3, 4] }, w }, { y: into }),
    )
    for (const result of await Promise.all(runs)) {
      expect(result.y.data).toBe(into)
      expect(result).toEqual(expected)
    }
    expect(wide[5]).toBe(x.data[0])
    await Promise.all([here.release(), there.release()])
    expect(await codeOf(there.run({ x, w }))).toBe('ARGUMENT_INVALID')
  })

  test('failures come back: of the graph, and of a run', async () => {
    const broken = t.trace({ x: t.float(2) }, ({ x }) => ({ y: t.makeNode('NoSuchOperator', [x], [x])[0]! }))
    expect(await codeOf(t.Session.open(broken, { worker }))).toBe('RUNTIME_FAILED')
    const picks = t.trace({ x: t.float(2), i: t.ints(1) }, ({ x, i }) => ({ y: t.gather(x, i) }))
    const session = await t.Session.open(picks, { worker })
    const x = Float32Array.of(1, 2)
    expect(await codeOf(session.run({ x, i: BigInt64Array.of(7n) }))).toBe('RUNTIME_FAILED')
    expect((await session.run({ x, i: BigInt64Array.of(1n) })).y.data[0]).toBe(2)
    await session.release()
  })
})

describe('DEBUG', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  async function shownWith(debug: string): Promise<string> {
    vi.stubEnv('DEBUG', debug)
    let text = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      text += String(chunk)
      return true
    })
    const session = await t.Session.open(program())
    await session.run({ x, w })
    await session.run({ x, w })
    await session.release()
    return text
  }

  test('tessera:graph shows each node once, as it runs', async () => {
    const text = await shownWith('other,tessera:graph')
    expect(text).toContain('tessera:graph x: float32[batch, 4] = Input\n')
    expect(text).toMatch(/tessera:graph y: float32\[batch, 4\] = QuickGelu\(%\d+\) alpha=1\n/)
    expect(text).not.toContain('tessera:shapes')
  })

  test('tessera:shapes shows sizes, once for equal ones', async () => {
    const text = await shownWith('tessera:shapes')
    expect(text.match(/tessera:shapes batch=3\n/g)).toHaveLength(1)
    expect(text).toMatch(/y: float32\[3, 4\] = QuickGelu/)
  })

  test('tessera:profile sums the time by operator over all runs', async () => {
    const text = await shownWith('tessera:*')
    expect(text).toMatch(/tessera:profile +\d+\.\d\d ms in operators\n/)
    expect(text).toMatch(/ 2 × (MatMul|FusedMatMul)\n/)
    expect(await shownWith('')).toBe('')
  })

  test('a profile that is none is refused', () => {
    expect(() => profileByOperator('{"a"')).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
    expect(() => profileByOperator('{}')).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
    expect(profileByOperator('[]')).toEqual([])
  })
})
