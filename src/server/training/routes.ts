// The Studio's training over HTTP: what there is, the runs, and the events of one as they come (SSE).
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { streamSSE } from 'hono/streaming'
import { TesseraError } from '../../core/index.ts'
import { MOST_TEXT_BYTES } from './corpus.ts'
import type { CorpusChoice, RunEvent, StartRequest } from './protocol.ts'
import type { TrainingRuns } from './runs.ts'
import { SIZES } from './sizes.ts'

const MOST_STEPS = 100_000
const MOST_TEXTS = 10_000
/** JSON may write a byte as six. */
const MOST_BODY_BYTES = 2 * MOST_TEXT_BYTES
/** So that a connection through which nothing comes is noticed when it is gone. */
const BEAT_MS = 15_000

export function trainingRoutes(runs: TrainingRuns): Hono {
  const app = new Hono()
  app.use(
    bodyLimit({
      maxSize: MOST_BODY_BYTES,
      onError: () => {
        throw new TesseraError('FILE_TOO_LARGE', `At most ${MOST_TEXT_BYTES} bytes of text are taken`)
      },
    }),
  )

  app.get('/', async (c) => c.json(await runs.overview()))
  app.get('/speeds', async (c) => c.json(await runs.measured()))
  app.post('/', async (c) => c.json(await runs.start(startRequest(await bodyOf(c.req.raw))), 201))
  app.get('/:id', async (c) => c.json((await runs.find(c.req.param('id'))).detail))
  app.post('/:id/stop', async (c) => c.json(await runs.stop(c.req.param('id'))))
  app.post('/:id/resume', async (c) => {
    const { rate } = objectOf(await bodyOf(c.req.raw), 'body')
    return c.json(
      await runs.resume(c.req.param('id'), rate === undefined ? undefined : numberOf(rate, 'rate', 0, 1)),
    )
  })
  app.delete('/:id', async (c) => {
    await runs.remove(c.req.param('id'))
    return c.json({})
  })

  app.get('/:id/events', async (c) => {
    const id = c.req.param('id')
    await runs.find(id)
    return streamSSE(c, async (stream) => {
      const queue: RunEvent[] = []
      let wake = () => {}
      const end = await runs.listen(id, (event) => {
        queue.push(event)
        wake()
      })
      stream.onAbort(() => wake())
      try {
        while (!stream.aborted) {
          const event = queue.shift()
          if (event) {
            await stream.writeSSE({ data: JSON.stringify(event) })
            continue
          }
          let timer: NodeJS.Timeout | undefined
          const beat = await new Promise<boolean>((resolve) => {
            wake = () => resolve(false)
            timer = setTimeout(() => resolve(true), BEAT_MS)
          })
          clearTimeout(timer)
          if (beat) await stream.write(': beat\n\n')
        }
      } finally {
        end()
      }
    })
  })
  return app
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return JSON.parse(await request.text()) as unknown
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause
    throw invalid('body', 'The request holds no JSON')
  }
}

/** Throws ARGUMENT_INVALID, with the key. */
function startRequest(body: unknown): StartRequest {
  const { name, size, corpus, steps, seed, rate } = objectOf(body, 'body')
  const known = SIZES.find((one) => one.name === size)
  if (!known) throw invalid('size', `There are: ${SIZES.map((one) => one.name).join(', ')}`)
  return {
    name: textOf(name ?? '', 'name', 200).trim(),
    size: known.name,
    corpus: corpusOf(corpus),
    steps: wholeOf(steps, 'steps', 1, MOST_STEPS),
    seed: wholeOf(seed, 'seed', 0, 2 ** 31 - 1),
    rate: numberOf(rate, 'rate', 0, 1),
  }
}

function corpusOf(value: unknown): CorpusChoice {
  const { kind, id, texts } = objectOf(value, 'corpus')
  if (kind === 'sample') return { kind, id: textOf(id, 'corpus.id', 100) }
  if (kind !== 'texts' || !Array.isArray(texts)) throw invalid('corpus', 'Give a sample or texts')
  if (texts.length > MOST_TEXTS) throw invalid('corpus.texts', `At most ${MOST_TEXTS} texts`)
  return {
    kind,
    texts: texts.map((one: unknown, i) => {
      const where = `corpus.texts[${i}]`
      const { name, text } = objectOf(one, where)
      return {
        name: textOf(name, `${where}.name`, 1000),
        text: textOf(text, `${where}.text`, MOST_TEXT_BYTES),
      }
    }),
  }
}

function objectOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(where, 'An object is needed')
  }
  return value as Record<string, unknown>
}

function textOf(value: unknown, where: string, most: number): string {
  if (typeof value !== 'string' || value.length > most) {
    throw invalid(where, `A text of at most ${most} characters is needed`)
  }
  return value
}

function wholeOf(value: unknown, where: string, least: number, most: number): number {
  if (!Number.isSafeInteger(value)) throw invalid(where, 'A whole number is needed')
  return numberOf(value, where, least - 1, most)
}

/** Above `above`, up to `most`. */
function numberOf(value: unknown, where: string, above: number, most: number): number {
  if (typeof value !== 'number' || !(value > above && value <= most)) {
    throw invalid(where, `A number above ${above}, up to ${most}, is needed`)
  }
  return value
}

function invalid(where: string, message: string): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', message, { where })
}
