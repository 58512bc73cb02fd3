// The verbs of a model as processes: a checkpoint on disk, prompts from words, files and stdin.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { checkpointOf, familyOf, saveCheckpoint } from '../../src/model/index.ts'
import { Parameters } from '../../src/tensor/index.ts'
import { trainBpe } from '../../src/tokenizer/index.ts'
import { output, temporaryFolder, tessera } from './command.ts'

const folder = join(temporaryFolder(), 'tiny')
const reader = join(folder, '..', 'reader')
beforeAll(async () => {
  const text = 'the old man and the sea, 日本 {"name": "a"} '.repeat(9)
  const tokenizer = await trainBpe([text], { vocabSize: 300, specials: ['<|endoftext|>'], threads: 1 })
  const save = async (path: string, architecture: string) => {
    const json = {
      architectures: [architecture],
      vocab_size: tokenizer.vocabSize,
      hidden_size: 32,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 32,
      max_position_embeddings: 4000,
      eos_token_id: 0,
    }
    const family = familyOf(json)
    const config = family.config(json)
    const parameters = Parameters.initialised(family.parameters(config), 5)
    for (let i = 0; i < parameters.values.length; i++) parameters.values[i]! *= 3
    await saveCheckpoint(path, checkpointOf(family, config, parameters, tokenizer))
  }
  await save(folder, 'LlamaForCausalLM')
  await save(reader, 'BertModel')
})

interface Answers {
  answers: { text: string; ids: number[]; finishReason: string; logprobs?: { top: unknown[] }[] }[]
  usage: { promptTokens: number; completionTokens: number }
}
const model = () => ['-m', folder, '--threads', '1']
const asJson = async (...words: string[]) =>
  JSON.parse(await output(['generate', ...model(), '--json', ...words])) as Answers

it('goes on from words, a file and stdin, the same way each time', async () => {
  const file = join(folder, '..', 'prompt.txt')
  writeFileSync(file, 'the old')
  const options = ['generate', ...model(), '--temperature', '0', '--max-tokens', '12']
  const { code, stdout, stderr } = await tessera([...options, 'the', 'old'])
  expect(code).toBe(0)
  expect(stdout.length).toBeGreaterThan(1)
  expect(stderr).toMatch(/^12 tokens in [\d.]+ s, [\d.]+ tokens\/s; ended by length\n$/)
  expect(await output([...options, '-f', file, '--quiet'])).toBe(stdout)
  expect(await output(options, 'the old')).toBe(stdout)
  const { answers, usage } = await asJson('--temperature', '0', '--max-tokens', '12', 'the old')
  expect(`${answers[0]!.text}\n`).toBe(stdout)
  expect(usage.completionTokens).toBe(12)
})

it('takes its options', async () => {
  const seeded = await asJson(
    '--seed',
    '3',
    '--n',
    '2',
    '--top-p',
    '0.9',
    '--logprobs',
    '2',
    '--max-tokens',
    '5',
    'a',
  )
  expect(seeded.answers).toHaveLength(2)
  expect(seeded.answers[0]!.logprobs![0]!.top).toHaveLength(2)
  const stopped = await asJson(
    '--temperature',
    '0',
    '--stop',
    JSON.stringify([seeded.answers[0]!.text.slice(0, 2), 'e']),
    'a',
  )
  expect(stopped.answers[0]!.text).not.toContain('e')
  const biased = await asJson('--logit-bias=77:1000', '--max-tokens', '3', 'a')
  expect(biased.answers[0]!.ids).toEqual([77, 77, 77])
  const schema = '{"properties":{"n":{"type":"integer","minimum":3,"maximum":9}},"required":["n"]}'
  const formed = await asJson('--schema', schema, 'a')
  expect((JSON.parse(formed.answers[0]!.text) as { n: number }).n).toBeGreaterThan(2)
  expect(await output(['generate', ...model(), '--choice', '["yes","no"]', 'a'])).toMatch(/^(yes|no)\n$/)
  expect(await output(['generate', ...model(), '--regex', '[a-c]{4}', '--n', '2', 'a'])).toMatch(
    /^── 1 ──\n[a-c]{4}\n── 2 ──\n[a-c]{4}\n$/,
  )
  const beams = await asJson('--beams', '4', '--n', '2', '--max-tokens', '6', 'a')
  expect(beams.answers).toHaveLength(2)
})

it('says what is wrong', async () => {
  const failure = async (...words: string[]) => (await tessera(['generate', ...words, 'a'])).stderr
  expect(await failure('-m', 'no-such-model')).toMatch(
    /FILE_NOT_FOUND.*no-such-model.*By name there are: .*tessera-lm/s,
  )
  expect(await failure(...model(), '--temperature', 'warm')).toMatch(
    /ARGUMENT_INVALID: --temperature is a number/,
  )
  expect(await failure(...model(), '--top-p', '2')).toContain('ARGUMENT_INVALID')
  expect(await failure(...model(), '--regex', '(')).toContain('PATTERN_INVALID')
  expect(await failure(...model(), '--schema', '{')).toContain('FORMAT_INVALID')
  expect(await failure(...model(), '--regex', 'a', '--json-object')).toContain('Give one of')
  expect(await failure(...model(), '--beams', '2', '--seed', '1')).toContain('--beams does not take --seed')
  expect(await failure(...model(), '--logprobs', '2')).toContain('--json')
  expect(await failure(...model(), '--chat')).toContain('TEMPLATE_INVALID')
  expect(await failure('-m', reader)).toMatch(/ARGUMENT_INVALID.*encoder/)
})

it('ends the text at Ctrl-C, with what there is', async () => {
  const words = ['generate', ...model(), '--max-tokens', '3900', '--ignore-eos', 'the old']
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...words])
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
  await once(child.stdout, 'data')
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()))
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([130, null])
  expect(stderr).toContain('ended by cancelled')
  expect(stdout.endsWith('\n')).toBe(true)
})

it('scores a text, and embeds some', async () => {
  const scored = await output(['score', ...model(), 'the old man'])
  expect(scored).toMatch(/^[\d.]+ bits per byte\t\d+ tokens\t11 bytes\n$/)
  const { ids, logprobs, bitsPerByte } = JSON.parse(
    await output(['score', ...model(), '--json', 'the old man']),
  ) as {
    ids: number[]
    logprobs: (number | null)[]
    bitsPerByte: number
  }
  expect(logprobs[0]).toBeNull()
  const nats = -logprobs.slice(1).reduce<number>((sum, one) => sum + one!, 0)
  expect(bitsPerByte).toBeCloseTo(nats / Math.LN2 / 11, 5)
  const lines = (await output(['score', ...model(), '--tokens', '--top', '2', 'the old man']))
    .trim()
    .split('\n')
  expect(lines).toHaveLength(ids.length)
  expect(lines[1]!.split('\t')).toHaveLength(5)
  for (const path of [folder, reader]) {
    const words = ['embed', '-m', path, '--threads', '1']
    const rows = (await output([...words, 'the sea', 'the'])).trim().split('\n')
    expect(rows.map((row) => row.split(' ').length)).toEqual([32, 32])
    const { vectors } = JSON.parse(
      await output([...words, '--json', '--pooling', 'last'], 'the sea\nthe\n'),
    ) as {
      vectors: number[][]
    }
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 4)
  }
})
