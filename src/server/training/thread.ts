// Training in a thread of its own, so that the server answers while native code computes.
import { Worker } from 'node:worker_threads'
import type { RunProblem } from './protocol.ts'
import type { Speeds } from './measure.ts'
import type { RunNote, RunSettings } from './train-run.ts'

export type ThreadTask = { kind: 'train'; settings: RunSettings } | { kind: 'measure'; threads: number }

export type ThreadReply =
  | { kind: 'note'; note: RunNote }
  | { kind: 'speeds'; speeds: Speeds }
  | { kind: 'finished'; bitsPerByte: number }
  | { kind: 'failed'; problem: RunProblem }

export interface TrainingThread {
  /** Asks it to end after the step that it is in, with a checkpoint; it answers with `failed` and CANCELLED. */
  stop(): void
  /** Resolves when the thread is gone. */
  ended: Promise<void>
}

const here = import.meta.url
/** False where sources run as TypeScript in a Node that cannot load such a worker (before 22.18). */
const threadsAvailable = !here.endsWith('.ts') || 'typescript' in process.features

export function startThread(task: ThreadTask, hear: (reply: ThreadReply) => void): TrainingThread {
  return threadsAvailable ? workerThread(task, hear) : sameThread(task, hear)
}

function workerThread(task: ThreadTask, hear: (reply: ThreadReply) => void): TrainingThread {
  const file = new URL(here.endsWith('.ts') ? './training-worker.ts' : './training-worker.js', here)
  const worker = new Worker(file, { workerData: task })
  let told = false
  worker.on('message', (reply: ThreadReply) => {
    told ||= reply.kind !== 'note'
    hear(reply)
  })
  const ended = new Promise<void>((resolve) => {
    worker.on('error', (error) => {
      if (!told) hear({ kind: 'failed', problem: { code: 'UNEXPECTED', message: error.message } })
      told = true
    })
    worker.on('exit', (code) => {
      if (!told) {
        const message = `The training thread ended with code ${code}; memory may have run out`
        hear({ kind: 'failed', problem: { code: 'UNEXPECTED', message } })
      }
      resolve()
    })
  })
  // Never `terminate`: ONNX Runtime, ended within a run, takes the whole process with it.
  return { stop: () => worker.postMessage('stop'), ended }
}

function sameThread(task: ThreadTask, hear: (reply: ThreadReply) => void): TrainingThread {
  const stopping = new AbortController()
  // Loaded when it is needed: the server starts without the engine.
  const ended = import('./work.ts').then(({ work }) => work(task, hear, stopping.signal))
  return { stop: () => stopping.abort(), ended }
}
