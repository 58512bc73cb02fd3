import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadModel } from '../../src/model/index.ts'
import { tessera } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-pretrain-'))
afterAll(() => rmSync(folder, { recursive: true }))

const text = resolve('CONTRIBUTING.md')
const quick = ['--vocab-size', '400', '--rows', '2', '--context', '64', '--threads', '1', '--json']

interface Card {
  parameters: number
  heldOut: Record<string, { model: number; gzip: number; bytes: number }>
  precisions: Record<string, { fp32: number; int8: number; int4: number }>
  training: { steps: number }
  curve: { step: number }[]
  samples: { prompt: string; text: string }[]
}

test('a model from a file: weights, tokenizer and card; the same command again changes nothing', async () => {
  const output = join(folder, 'model')
  const words = ['pretrain', '-o', output, '--steps', '12', ...quick, text]
  const first = await tessera(words)
  expect(first.stderr).toBe(`${JSON.stringify(JSON.parse(first.stderr))}\n`)
  const card = JSON.parse(first.stdout) as Card
  expect(card.training.steps).toBe(12)
  expect(card.curve.map(({ step }) => step)).toEqual([12])
  const { model, gzip, bytes } = card.heldOut.CONTRIBUTING!
  expect(bytes).toBeGreaterThan(100)
  expect(model).toBeGreaterThan(1)
  expect(model).toBeLessThan(8)
  expect(gzip).toBeGreaterThan(2)
  expect(readFileSync(join(output, 'README.md'), 'utf8')).toContain(`**${model.toFixed(3)}**`)
  const { fp32, int8, int4 } = card.precisions.CONTRIBUTING!
  // The same text in other windows; fewer bits give other figures, near by.
  expect(fp32 / model).toBeCloseTo(1, 0)
  for (const other of [int8, int4]) {
    expect(other).not.toBe(fp32)
    expect(Math.abs(other / fp32 - 1)).toBeLessThan(0.05)
  }
  const loaded = await loadModel(output)
  expect(loaded.tokenizer!.vocabSize).toBe(400)
  const { logits } = await loaded.step({ ids: loaded.tokenizer!.encode('the token') })
  expect(logits).toHaveLength(400)
  await loaded.release()

  const weights = readFileSync(join(output, 'model.safetensors'))
  await tessera(words)
  expect(readFileSync(join(output, 'model.safetensors')).equals(weights)).toBe(true)
}, 60_000)

test('settings that do not fit the run that is there', async () => {
  const output = join(folder, 'model')
  const { code, stderr } = await tessera([
    'pretrain',
    '-o',
    output,
    '--steps',
    '20',
    '--seed',
    '9',
    ...quick,
    text,
  ])
  expect(code).toBe(2)
  expect(stderr).toContain('other settings')
}, 60_000)

test.each([
  [['-o', 'x'], 'Give files or folders'],
  [[text], '--output is missing'],
  [['-o', 'x', '--rate', '2', text], '--rate is between 0 and 1'],
  [['-o', 'x', '--recipe', 'tessera-lm', text], 'Give files or folders, or --recipe'],
])('%s is refused', async (words, message) => {
  const { code, stderr } = await tessera(['pretrain', ...words])
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})

test('text that is shorter than a window', async () => {
  const output = join(folder, 'short')
  const { code, stderr } = await tessera(['pretrain', '-o', output, '--context', '100000', text])
  expect(code).toBe(1)
  expect(stderr).toContain('TRAINING_IMPOSSIBLE')
  expect(existsSync(join(output, 'model.safetensors'))).toBe(false)
})
