// `tessera model` and `tessera export` as processes: the model that ships, to every format and back.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder, tessera } from './command.ts'

const folder = temporaryFolder()

interface Report {
  family: string
  parameters: number
  config: { vocabSize: number }
  memory: Record<string, { weights: number; needed: number }>
  tokenizer: { vocabSize: number } | null
  missing: string[]
}

async function report(path: string): Promise<Report> {
  const { stdout, stderr } = await tessera(['model', path, '--json'])
  expect(stderr).toBe('')
  return JSON.parse(stdout) as Report
}

it('shows what a model is, for people and for programs', async () => {
  const shown = (await tessera(['model', 'tessera-lm'])).stdout
  expect(shown).toMatch(/^architecture +llama, decoder$/m)
  expect(shown).toMatch(/^parameters +\d,\d{3},\d{3}$/m)
  expect(shown).toMatch(/^int8 +\d+\.\d MB +\d+\.\d MB$/m)
  const { memory, tokenizer, config, missing } = await report('tessera-lm')
  expect(memory.int4!.weights).toBeLessThan(memory.int8!.weights)
  expect(memory.int8!.needed).toBeLessThan(memory.fp32!.needed)
  expect(tokenizer!.vocabSize).toBeLessThanOrEqual(config.vocabSize)
  expect(missing).toEqual([expect.stringContaining('a chat template')])
})

it('exports to GGUF and back, in shards too', async () => {
  const original = await report('tessera-lm')
  const file = join(folder, 'lm.gguf')
  const { stdout } = await tessera(['export', 'tessera-lm', file, '--dtype', 'q8_0', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ output: file, format: 'gguf', dtype: 'q8_0' })
  const quantised = await report(file)
  expect(quantised.config).toEqual(original.config)
  expect(quantised.parameters).toBe(original.parameters)
  const back = join(folder, 'back')
  const words = ['export', file, back, '--to', 'safetensors', '--dtype', 'bf16', '--shard-size', '4']
  expect((await tessera(words)).stderr).toContain(`${back}: safetensors, bf16`)
  expect(readdirSync(back).filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(1)
  expect((await report(back)).config).toEqual(original.config)
})

it('says what is wrong with a model', async () => {
  expect((await tessera(['model', join(folder, 'none.gguf')])).stderr).toContain('FILE_NOT_FOUND')
  expect((await tessera(['model', 'package.json'])).stderr).toContain('FORMAT_UNKNOWN')
})
