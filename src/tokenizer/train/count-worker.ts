// A counting thread (Node only), the other end of count-threads.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { TesseraError } from '../../core/index.ts'
import type { FileRange } from './corpus-files.ts'
import { LocalCounter, type CountedPart, type CounterSettings } from './local-counter.ts'

export type CountRequest =
  { type: 'count'; work: readonly (string | Uint8Array)[] | FileRange } | { type: 'finish' }

export type CountReply =
  | { type: 'counted'; bytes: number }
  | { type: 'ready' }
  | { type: 'finished'; part: CountedPart }
  | { type: 'failed'; error: ReturnType<TesseraError['toJSON']> }

const port = parentPort!
const reply = (message: CountReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)
const counter = new LocalCounter(workerData as CounterSettings, (bytes) => reply({ type: 'counted', bytes }))

// One request at a time: the other end waits for `ready`.
port.on('message', (request: CountRequest) => {
  void (async () => {
    try {
      if (request.type === 'count') {
        await counter.count(request.work)
        reply({ type: 'ready' })
      } else {
        const part = (await counter.finish())[0]!
        const { bytes, offsets, counts } = part.words
        reply({ type: 'finished', part }, [bytes.buffer, offsets.buffer, counts.buffer])
      }
    } catch (error) {
      const known =
        error instanceof TesseraError ? error : new TesseraError('TRAINING_IMPOSSIBLE', String(error), {})
      reply({ type: 'failed', error: known.toJSON() })
    }
  })()
})
