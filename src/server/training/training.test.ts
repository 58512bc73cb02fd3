import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { createApp } from '../app.ts'
import { FileTable } from '../files.ts'
import { ModelShelf } from '../models/shelf.ts'
import { splitHeldOut } from './corpus.ts'
import type { RunDetail, RunEvent, RunSummary } from './protocol.ts'
import { TrainingRuns } from './runs.ts'

const random = new Random(1)
const WORDS = ['the', 'whale', 'sea', 'ship', 'old', 'and', 'of', 'a', 'sails', 'wind']
const text = Array.from({ length: 3000 }, () => random.pick(WORDS)).join(' ')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-runs-'))
})
afterAll(() => rm(folder, { recursive: true }))

const open = () => new TrainingRuns({ folder, samples: [], threads: 1 })

async function post(runs: TrainingRuns, body: unknown, headers: Record<string, string> = {}) {
  const papers = { list: () => [], detail: () => Promise.resolve(null) }
  const models = new ModelShelf('/nowhere', null, () => runs.models())
  const app = createApp({ files: new FileTable([]), papers, training: runs, models, hosts: new Set(['me']) })
  const response = await app.request('/api/training', {
    method: 'POST',
    headers: { host: 'me', ...headers },
    body: JSON.stringify(body),
  })
  const { error } = (await response.json()) as { error?: { code: string; where?: string } }
  return { status: response.status, code: error?.code, where: error?.where }
}

const request = (more: object = {}) => ({
  name: '',
  size: 'tiny',
  steps: 12,
  seed: 1,
  rate: 0.01,
  corpus: { kind: 'texts', texts: [{ name: 'sea.txt', text }] },
  ...more,
})

/** Listens until the run is in one of the states. */
async function until(runs: TrainingRuns, id: string, ...states: RunSummary['state'][]): Promise<RunDetail> {
  let end = () => {}
  await new Promise<void>((resolve) => {
    void runs
      .listen(id, (event) => {
        if (event.kind === 'summary' && states.includes(event.run.state)) resolve()
      })
      .then((stop) => (end = stop))
  })
  end()
  const log = await runs.find(id)
  await log.saved
  return log.detail
}

describe('training runs', () => {
  it('trains, stops with a checkpoint, survives the server, goes on, and finishes', async () => {
    const runs = open()
    const heard: RunEvent['kind'][] = []
    const started = (await runs.start(request({ steps: 60 }) as never)).id
    const stopping = new Promise<void>((resolve) => {
      void runs.listen(started, ({ kind }) => {
        heard.push(kind)
        if (kind === 'evaluation') resolve(runs.stop(started).then(() => {}))
      })
    })
    await stopping
    const stopped = await until(runs, started, 'stopped')
    expect(heard[0]).toBe('detail')
    expect(stopped.step).toBeLessThan(60)
    expect(stopped.losses.length).toBe(stopped.step)
    expect(stopped.model?.vocabSize).toBeLessThanOrEqual(512)
    await (
      await runs.find(started)
    ).saved

    // A line that was cut off, and one of a step that the checkpoint does not know.
    await appendFile(join(folder, started, 'log.jsonl'), '{"losses":[[9999,1]]}\n{"loss')
    const later = open()
    const { runs: listed } = await later.overview()
    expect(listed).toMatchObject([{ id: started, state: 'stopped', name: 'sea.txt', step: stopped.step }])
    await later.resume(started)
    const finished = await until(later, started, 'finished')
    expect(finished.losses.map(([step]) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(finished.bitsPerByte).toBeLessThan(stopped.evaluations[0]!.bitsPerByte)
    expect(finished.samples.at(-1)?.prompt.length).toBeGreaterThan(0)
    expect(finished.evaluations.at(-1)?.step).toBe(60)
    expect(JSON.parse(await readFile(join(folder, started, 'config.json'), 'utf8'))).toMatchObject({
      model_type: 'llama',
    })
  })

  it('a run that begins ends the measuring', async () => {
    const runs = open()
    await runs.overview()
    const measured = runs.measured()
    const { id } = await runs.start(request({ steps: 2 }) as never)
    expect((await measured).find(({ name }) => name === 'base')?.measured).toBeNull()
    const { state, tokensPerSecond } = await until(runs, id, 'finished')
    expect(state).toBe('finished')
    const { sizes } = await runs.overview()
    expect(sizes[0]).toMatchObject({ name: 'tiny', measured: 'run', tokensPerSecond })
  })

  it('says what is wrong: no text, too little, a bad request, another run under way', async () => {
    const runs = open()
    const empty = request({ corpus: { kind: 'texts', texts: [{ name: 'a', text: ' \n' }] } })
    expect(await post(runs, empty)).toMatchObject({ status: 400, code: 'TRAINING_IMPOSSIBLE' })
    for (const [where, bad] of [
      ['size', { size: 'huge' }],
      ['steps', { steps: 0 }],
      ['steps', { steps: 1.5 }],
      ['rate', { rate: 2 }],
      ['seed', { seed: -1 }],
      ['corpus', { corpus: null }],
      ['corpus.id', { corpus: { kind: 'sample', id: '../..' } }],
      ['corpus.texts[0].text', { corpus: { kind: 'texts', texts: [{ name: 'a' }] } }],
    ] as const) {
      expect(await post(runs, request(bad))).toEqual({ status: 400, code: 'ARGUMENT_INVALID', where })
    }
    const elsewhere = await post(runs, request(), { origin: 'http://example.com' })
    expect(elsewhere).toMatchObject({ status: 403, code: 'HOST_REFUSED' })
    const little = request({ corpus: { kind: 'texts', texts: [{ name: 'a', text: 'A short text.' }] } })
    const { id } = await runs.start(little as never)
    expect(await post(runs, request())).toMatchObject({ status: 409, code: 'RUN_BUSY' })
    await expect(runs.remove(id)).rejects.toMatchObject({ code: 'RUN_BUSY' })
    const failed = await until(runs, id, 'failed')
    expect(failed.problem?.code).toBe('TRAINING_IMPOSSIBLE')
    expect(failed.problem?.message).toContain('needs 512')
    await runs.remove(id)
    const overview = await runs.overview()
    expect(overview.runs.map((run) => run.id)).not.toContain(id)
    await expect(runs.find(id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  })
})

describe('held-out text', () => {
  it('is the end of each of a few texts, or whole ones of many; nothing is lost or in both', () => {
    const few = splitHeldOut([{ name: 'a', text: 'x'.repeat(1200) }], 1)
    expect(few.train[0]! + few.heldOut[0]!).toBe('x'.repeat(1200))
    expect(few.heldOut[0]!.length).toBe(100)
    const many = Array.from({ length: 48 }, (_, i) => ({ name: `${i}`, text: `text ${i}` }))
    const split = splitHeldOut(many, 1)
    expect(split.heldOut.length).toBe(4)
    expect([...split.train, ...split.heldOut].sort()).toEqual(many.map((one) => one.text).sort())
    expect(splitHeldOut(many, 1)).toEqual(split)
  })
})
