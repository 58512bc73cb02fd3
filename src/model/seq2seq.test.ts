import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../core/index.ts'
import { checkpointOf, loadSeq2Seq, type Seq2Seq } from './index.ts'
import { plainT5 } from './testing/plain-families.ts'
import { foreignWeights, SMALL_CONFIGS, smallModel } from './testing/small-models.ts'

const open: Seq2Seq[] = []
afterAll(async () => {
  for (const model of open) await model.release()
})

async function load(name: 't5' | 'byt5', seed: number, change: Record<string, unknown> = {}) {
  const json = { ...SMALL_CONFIGS[name], ...change }
  const small = smallModel(json, seed)
  const model = await loadSeq2Seq(checkpointOf(small.family, small.config, small.parameters))
  open.push(model)
  return { model, json, weights: foreignWeights(small) }
}

const random = new Random(9)
const text = (length: number) => Array.from({ length }, () => 2 + random.int(59))

describe('greedy writing over the cache', () => {
  test.each(['t5', 'byt5'] as const)('%s: the plain version, computed from the start again', async (name) => {
    const { model, json, weights } = await load(name, 31)
    const ids = text(14)
    const [result] = await model.generate([ids], { maxTokens: 16 })
    const expected: number[] = []
    while (expected.length < 16 && expected.at(-1) !== 1) {
      const last = plainT5(json, weights, ids, [0, ...expected]).logits.at(-1)!
      expected.push(last.indexOf(Math.max(...last)))
    }
    expect(result!.ids).toEqual(expected)
  })

  test('a batch of texts of different lengths gives each what it gets alone', async () => {
    const { model } = await load('byt5', 32)
    const texts = [text(3), text(17), text(9)]
    const together = await model.generate(texts, { maxTokens: 12 })
    for (const [row, ids] of texts.entries()) {
      expect(together[row]).toEqual((await model.generate([ids], { maxTokens: 12 }))[0])
    }
  })

  test('ends with an end token, and the others go on', async () => {
    const texts = [text(5), text(6), text(7)]
    const { model } = await load('byt5', 33, { eos_token_id: [] })
    const free = await model.generate(texts, { maxTokens: 8 })
    // What one text writes third becomes the end.
    const end = free[0]!.ids[2]!
    const { model: ending } = await load('byt5', 33, { eos_token_id: end })
    const results = await ending.generate(texts, { maxTokens: 8 })
    for (const [row, { ids, finishReason }] of results.entries()) {
      const at = free[row]!.ids.indexOf(end)
      expect(ids).toEqual(at < 0 ? free[row]!.ids : free[row]!.ids.slice(0, at + 1))
      expect(finishReason).toBe(at < 0 ? 'length' : 'stop')
    }
  })

  test('can be followed and stopped', async () => {
    const { model } = await load('t5', 34)
    const controller = new AbortController()
    const seen: unknown[] = []
    const running = model.generate([text(4)], {
      signal: controller.signal,
      onTokens: (ids) => {
        seen.push(ids)
        if (seen.length === 3) controller.abort()
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(seen).toHaveLength(3)
    await expect(model.generate([[1]], { maxTokens: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
