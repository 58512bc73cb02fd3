// Constraints through a real model, with random weights and every kind of sampling.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { beamSearch, completions, type ConstraintSpec, generate } from './index.ts'
import { satisfies } from './testing/schema-checker.ts'
import { tinyModel, type Tiny } from './testing/tiny.ts'

let tiny: Tiny
let endless: Tiny
beforeAll(async () => {
  tiny = await tinyModel()
  endless = await tinyModel({ eos: [] })
})
afterAll(async () => {
  await tiny.release()
  await endless.release()
})

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 6 },
    age: { type: 'integer', minimum: 0, maximum: 99 },
    tags: { type: 'array', items: { enum: ['a', 'é'] }, maxItems: 3 },
  },
  required: ['name', 'age', 'tags'],
  additionalProperties: false,
} as const
const CASES: [ConstraintSpec, (text: string) => boolean][] = [
  [{ schema }, (text) => satisfies(JSON.parse(text), schema)],
  [{ regex: '[a-zé]{2,6}: \\d{1,3}' }, (text) => /^[a-zé]{2,6}: \d{1,3}$/u.test(text)],
  [{ choice: ['yes', 'no', '日本'] }, (text) => ['yes', 'no', '日本'].includes(text)],
]

it('gives whole texts, whatever the sampling', async () => {
  const samplings = [
    {},
    { temperature: 2, seed: 1 },
    { temperature: 1, topK: 1, repetitionPenalty: 3, seed: 2 },
    { temperature: 1.5, topP: 0.3, frequencyPenalty: 2, seed: 3 },
    {
      temperature: 1,
      minP: 0.5,
      seed: 4,
      logitBias: Object.fromEntries(Array.from({ length: 320 }, (_, id) => [id, -Infinity])),
    },
  ]
  for (const [constraint, holds] of CASES) {
    for (const sampling of samplings) {
      const stream = generate(tiny.model, '日', { ...sampling, constraint, maxTokens: 200 })
      let text = ''
      for await (const piece of stream) text += piece.text
      const result = await stream.result
      expect(result).toMatchObject({ text, valid: true, finishReason: 'stop' })
      expect([text, holds(text)]).toEqual([text, true])
    }
  }
})

it('says when the tokens run out before the text is whole', async () => {
  const cut = await generate(tiny.model, 'a', { constraint: { schema }, maxTokens: 3 }).result
  expect(cut).toMatchObject({ finishReason: 'length', valid: false })
  const exact = await generate(tiny.model, 'a', { constraint: { regex: 'x{3}' }, maxTokens: 3 }).result
  expect(exact).toMatchObject({ text: 'xxx', valid: true, finishReason: 'stop' })
})

it('ends without an end token as soon as the text is whole', async () => {
  const result = await generate(endless.model, 'a', { constraint: { regex: 'a+' }, maxTokens: 50 }).result
  expect(result).toMatchObject({ finishReason: 'stop', valid: true })
})

it('holds for several answers and for beams', async () => {
  for (const [constraint, holds] of CASES) {
    const options = { constraint, maxTokens: 200, temperature: 1.5, seed: 9, n: 4 }
    for (const { text, valid } of await completions(tiny.model, 'The', options).results) {
      expect([text, valid && holds(text)]).toEqual([text, true])
    }
    const beams = await beamSearch(tiny.model, 'The', { constraint, maxTokens: 60, beams: 3, n: 2 })
    for (const { text, valid } of beams) if (valid) expect([text, holds(text)]).toEqual([text, true])
    expect(beams[0]!.valid).toBe(true)
  }
})

it('never takes a special token or an end where the text is not whole', async () => {
  const result = await generate(tiny.model, 'a', {
    constraint: { regex: '[a-z]{4}' },
    logitBias: { [tiny.end]: 1e4 },
  }).result
  expect(result.text).toMatch(/^[a-z]{4}$/)
})
