// A task of training, done in whatever thread this is called in; its end is told like everything before it.
import { TesseraError } from '../../core/index.ts'
import { measureSpeeds } from './measure.ts'
import type { ThreadReply, ThreadTask } from './thread.ts'
import { trainRun } from './train-run.ts'

export async function work(
  task: ThreadTask,
  reply: (message: ThreadReply) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (task.kind === 'measure') reply({ kind: 'speeds', speeds: await measureSpeeds(task.threads) })
    else {
      const final = await trainRun(task.settings, (note) => reply({ kind: 'note', note }), signal)
      reply({ kind: 'finished', bitsPerByte: final })
    }
  } catch (error) {
    const known = error instanceof TesseraError
    if (!known) console.error(error)
    reply({
      kind: 'failed',
      problem: {
        code: known ? error.code : 'UNEXPECTED',
        message: error instanceof Error ? error.message : String(error),
      },
    })
  }
}
