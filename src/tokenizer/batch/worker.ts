// One encoding thread: takes lists of texts, gives their ids back in one array that is moved, not copied.
import { parentPort, workerData } from 'node:worker_threads'
import { TesseraError } from '../../core/index.ts'
import { createTokenizer } from '../tokenizer.ts'
import { READY, revive, type BatchReply, type BatchRequest, type SharedSpec } from './wire.ts'

const tokenizer = createTokenizer(revive(workerData as SharedSpec))
const port = parentPort!

port.on('message', ({ task, texts, options }: BatchRequest) => {
  try {
    const rows = texts.map((text) => tokenizer.encode(text, options))
    const lengths = Uint32Array.from(rows, (row) => row.length)
    const ids = new Uint32Array(lengths.reduce((sum, length) => sum + length, 0))
    let at = 0
    for (const row of rows) {
      ids.set(row, at)
      at += row.length
    }
    port.postMessage({ task, ids, lengths } satisfies BatchReply, [ids.buffer])
  } catch (cause) {
    const code = cause instanceof TesseraError ? cause.code : 'ARGUMENT_INVALID'
    const message = cause instanceof Error ? cause.message : String(cause)
    port.postMessage({ task, error: { code, message } } satisfies BatchReply)
  }
})
port.postMessage(READY)
