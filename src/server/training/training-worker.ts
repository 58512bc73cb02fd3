// The thread that trains: one task, told in workerData; `stop` ends it after a checkpoint.
import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadReply, ThreadTask } from './thread.ts'
import { work } from './work.ts'

const stopping = new AbortController()
parentPort!.on('message', () => stopping.abort())
const reply = (message: ThreadReply) => parentPort!.postMessage(message)
await work(workerData as ThreadTask, reply, stopping.signal)
parentPort!.close()
