// A task of training, done in whatever thread this is called in; its end is told like everything before it.
import { join } from 'node:path'
import { TesseraError } from '../../core/index.ts'
import { measureSpeeds } from './measure.ts'
import type { ThreadReply, ThreadTask } from './thread.ts'
import { exportModel } from './export-model.ts'
import { EXPORT_FOLDER, trainRun } from './train-run.ts'

export async function work(
  task: ThreadTask,
  reply: (message: ThreadReply) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (task.kind === 'measure') reply({ kind: 'speeds', speeds: await measureSpeeds(task.threads, signal) })
    else {
      const { folder } = task.settings
      try {
        const final = await trainRun(task.settings, (note) => reply({ kind: 'note', note }), signal)
        await exportModel(folder, join(folder, EXPORT_FOLDER))
        reply({ kind: 'finished', bitsPerByte: final })
      } catch (error) {
        // A stopped run has a model, too.
        const stopped = error instanceof TesseraError && error.code === 'CANCELLED'
        if (stopped) await exportModel(folder, join(folder, EXPORT_FOLDER)).catch(() => {})
        throw error
      }
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
