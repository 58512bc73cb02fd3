// `tessera serve` as a process: a checkpoint on disk, a port, OpenAI's client, and an orderly end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import OpenAI from 'openai'
import { beforeAll, expect, it } from 'vitest'
import { saveCheckpoint } from '../../src/model/index.ts'
import { tinyCheckpoint } from '../../src/server/openai/testing/served.ts'
import { temporaryFolder, tessera } from './command.ts'

const folder = join(temporaryFolder(), 'tiny-lm')
beforeAll(async () => saveCheckpoint(folder, await tinyCheckpoint()))

it('serves a folder, asks for its keys, and ends in order', async () => {
  const keys = join(folder, '..', 'keys.txt')
  writeFileSync(keys, 'one-key\nother-key\n')
  const words = [
    'serve',
    '--model',
    folder,
    '--port',
    '0',
    '--api-key-file',
    keys,
    '--threads',
    '1',
    '--json',
  ]
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...words])
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { url, model } = JSON.parse(line) as { url: string; model: string }
  expect(model).toBe('tiny-lm')
  const client = new OpenAI({ baseURL: `${url}v1`, apiKey: 'other-key', maxRetries: 0 })
  const answer = await client.completions.create({ model, prompt: 'the cat', max_tokens: 4 })
  expect(answer.usage!.completion_tokens).toBe(4)
  const stranger = new OpenAI({ baseURL: `${url}v1`, apiKey: 'third', maxRetries: 0 })
  await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 })
  const stream = await client.completions.create({ model, prompt: 'the', max_tokens: 300, stream: true })
  let count = 0
  for await (const { choices } of stream) if (choices.length > 0 && count++ === 3) child.kill('SIGTERM')
  // What was running ended as if nothing had happened.
  expect(count).toBeGreaterThan(100)
  expect(await once(child, 'exit')).toEqual([143, null])
})

it('says what is wrong before it serves', async () => {
  const codes = async (...words: string[]) => (await tessera(['serve', ...words])).stderr
  expect(await codes('--model', join(folder, 'none'))).toContain('FILE_NOT_FOUND')
  expect(await codes('--model', folder, '--context', '99999')).toContain('ARGUMENT_INVALID')
  expect(await codes('--model', folder, '--max-batch', '-1')).toContain('ARGUMENT_INVALID')
})
