import { expect, test } from 'vitest'
import { type TesseraError, throwIfCancelled } from '../core/index.ts'
import { followed, progressLine } from './progress.ts'

test('the line says how far, how fast and how long still', () => {
  const progress = { stage: 'counting words', done: 12e6, total: 40e6, unit: 'bytes' } as const
  expect(progressLine(progress, 2)).toBe('counting words 12.0 MB of 40.0 MB (30 %), 6.0 MB/s, 5 s left')
  expect(progressLine({ stage: 'merging', done: 500, unit: 'merges' }, 0.5)).toBe(
    'merging 500, 1,000 merges/s',
  )
  expect(progressLine({ stage: 'merging', done: 0, total: 10, unit: 'merges' }, 0)).toBe(
    'merging 0 of 10 (0 %)',
  )
})

test('Ctrl-C cancels the work, and only while it runs', async () => {
  const before = process.listenerCount('SIGINT')
  const work = followed(async ({ signal }) => {
    expect(process.listenerCount('SIGINT')).toBe(before + 1)
    process.emit('SIGINT')
    throwIfCancelled(signal)
  })
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED' } satisfies Partial<TesseraError>)
  expect(process.listenerCount('SIGINT')).toBe(before)
})
