import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../core/index.ts'
import { checkpointOf, type Encoded, type Encoder, loadEncoder, loadModel, loadSeq2Seq } from './index.ts'
import { plainBert } from './testing/plain-families.ts'
import { foreignWeights, SMALL_CONFIGS, smallModel } from './testing/small-models.ts'

const open: { release(): Promise<void> }[] = []
afterAll(async () => {
  for (const one of open) await one.release()
})

function checkpoint(name: keyof typeof SMALL_CONFIGS, seed = 1) {
  const { family, config, parameters } = smallModel(SMALL_CONFIGS[name], seed)
  return checkpointOf(family, config, parameters)
}

async function encoder(name: keyof typeof SMALL_CONFIGS): Promise<Encoder> {
  const model = await loadEncoder(checkpoint(name))
  open.push(model)
  return model
}

/** States of the tokens of one text, without padding. */
function rowsOf({ hidden, time }: Encoded, row: number, length: number, dim: number): Float32Array {
  return hidden.subarray(row * time * dim, (row * time + length) * dim)
}

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, most = 1e-5): void {
  expect(a.length).toBe(b.length)
  const top = Math.max(...Array.from(b, Math.abs))
  expect(Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!))) / top).toBeLessThan(most)
}

describe('a batch', () => {
  test.each(['bert', 't5'] as const)('of %s gives each text what it gets alone', async (name) => {
    const model = await encoder(name)
    const { dim, vocabSize } = model.config
    const text = fc.array(fc.nat({ max: vocabSize - 1 }), { minLength: 1, maxLength: 24 })
    const property = fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async (texts) => {
      const together = await model.encode(texts)
      expect(together.time).toBe(Math.max(...texts.map(({ length }) => length)))
      for (const [row, ids] of texts.entries()) {
        const alone = await model.encode([ids])
        expectClose(rowsOf(together, row, ids.length, dim), alone.hidden)
        const mask = together.mask.subarray(row * together.time, (row + 1) * together.time)
        expect([...mask]).toEqual(Array.from({ length: together.time }, (_, t) => (t < ids.length ? 1 : 0)))
        if (alone.pooled) expectClose(together.pooled!.subarray(row * dim, (row + 1) * dim), alone.pooled)
      }
    })
    await fc.assert(property, { numRuns: 25 })
  })
})

test('token types, the pooler and the head for masked tokens are as in the plain version', async () => {
  const random = new Random(5)
  const ids = Array.from({ length: 9 }, () => random.int(61))
  const types = ids.map(() => random.int(2))
  for (const name of ['bert', 'bert masked'] as const) {
    const plain = plainBert(
      SMALL_CONFIGS[name],
      foreignWeights(smallModel(SMALL_CONFIGS[name], 1)),
      ids,
      types,
    )
    const masked = name === 'bert masked'
    const result = await (await encoder(name)).encode([ids], { tokenTypes: [types], logits: masked })
    expectClose(result.hidden, plain.states.flat())
    if (masked) expectClose(result.logits!, plain.logits!.flat())
    else expectClose(result.pooled!, plain.pooled!)
  }
})

test('without being asked for, logits are not computed; a model without a head refuses', async () => {
  expect((await (await encoder('bert masked')).encode([[1, 2]])).logits).toBe(null)
  await expect((await encoder('bert')).encode([[1]], { logits: true })).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
  })
})

test('eight bits stay near', async () => {
  const exact = await encoder('bert')
  const model = await loadEncoder(checkpoint('bert'), { precision: 'int8' })
  open.push(model)
  const ids = [[4, 9, 30, 2, 17]]
  const { hidden } = await model.encode(ids)
  const { hidden: wanted } = await exact.encode(ids)
  expect(hidden).not.toEqual(wanted)
  expectClose(hidden, wanted, 0.05)
})

describe('bad input', () => {
  test.each([
    [[], {}, 'ARGUMENT_INVALID', 'no text'],
    [[[1], []], {}, 'ARGUMENT_INVALID', 'Text 1'],
    [[[1, 61]], {}, 'ID_OUT_OF_RANGE', 'text 0, token 1'],
    [[[-1]], {}, 'ID_OUT_OF_RANGE', '-1'],
    [[[1.5]], {}, 'ID_OUT_OF_RANGE', '1.5'],
    [[Array.from({ length: 33 }, () => 1)], {}, 'CONTEXT_OVERFLOW', '33'],
    [[[1, 2]], { tokenTypes: [[0]] }, 'SHAPE_MISMATCH', '1 token types'],
    [[[1, 2]], { tokenTypes: [[0, 2]] }, 'ID_OUT_OF_RANGE', 'token type 2'],
  ])('%# is named', async (texts, options, code, message) => {
    await expect((await encoder('bert')).encode(texts, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    })
  })

  test('a model of another kind is refused by each loader', async () => {
    const refused = { code: 'ARGUMENT_INVALID' }
    await expect(loadEncoder(checkpoint('llama'))).rejects.toMatchObject(refused)
    await expect(loadModel(checkpoint('bert'))).rejects.toMatchObject(refused)
    await expect(loadSeq2Seq(checkpoint('bert'))).rejects.toMatchObject(refused)
  })

  test('after release', async () => {
    const model = await loadEncoder(checkpoint('bert'))
    await model.release()
    await expect(model.encode([[1]])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
