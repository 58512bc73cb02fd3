import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../core/index.ts'
import { loadModel, type Model } from './index.ts'
import { expectClose, type Tiny, tiny, tinyConfig } from './testing/tiny.ts'

const random = new Random(3)
const idsOf = (length: number) => Array.from({ length }, () => random.int(tinyConfig.vocabSize))
const { vocabSize } = tinyConfig

let made: Tiny
let model: Model

beforeAll(async () => {
  made = await tiny()
  model = await loadModel(made.checkpoint)
})

afterAll(async () => {
  await model.release()
  await made.release()
})

describe('a step gives what the training graph gives', () => {
  const kinds = {
    'grouped queries': {},
    'one head of keys': { kvHeads: 1 },
    'as many heads of keys': { kvHeads: 4 },
    'biases (Qwen2)': { qkvBias: true, family: 'qwen2' },
    'norms of heads (Qwen3)': { qkNorm: true, headDim: 16, family: 'qwen3' },
    'its own head, a window of 5': { tied: false, slidingWindow: 5, family: 'mistral' },
    'stretched positions': {
      ropeScaling: { kind: 'llama3', factor: 4, lowFrequency: 1, highFrequency: 4, original: 32 } as const,
    },
  }
  for (const [name, change] of Object.entries(kinds)) {
    test(name, async () => {
      const own = await tiny(change, 2)
      const model = await loadModel(own.checkpoint)
      const ids = idsOf(23)
      const expected = await own.oracle(ids)
      const whole = await model.step({ ids, want: { logits: 'all' } })
      expect(whole.rows).toBe(23)
      expectClose(whole.logits!, expected)
      // The same in pieces, over a cache.
      const cache = model.cache({ capacity: 2 })
      for (let from = 0; from < ids.length;) {
        const to = Math.min(ids.length, from + 1 + random.int(6))
        const { logits } = await model.step({ ids: ids.slice(from, to), cache, want: { logits: 'all' } })
        expectClose(logits!, expected.subarray(from * vocabSize, to * vocabSize))
        from = to
      }
      await Promise.all([model.release(), own.release()])
    })
  }
})
