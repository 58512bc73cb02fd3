// Checkpoints of every family as Hugging Face writes them, and as it wrote them once.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkpointOf, loadEncoder, loadModel, openCheckpoint, saveCheckpoint } from '../index.ts'
import { writeSafetensors } from '../checkpoint/safetensors-write.ts'
import { plainGpt2 } from '../testing/plain-families.ts'
import { foreignWeights, SMALL_CONFIGS, smallModel, type SmallModel } from '../testing/small-models.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-families-'))
})
afterAll(() => rm(root, { recursive: true }))

type Name = keyof typeof SMALL_CONFIGS
const NAMES = Object.keys(SMALL_CONFIGS) as Name[]
let folders = 0

/** A folder with the model's tensors under other names; null leaves one out. */
async function written(
  name: Name,
  model: SmallModel,
  spell: (name: string) => string | null = (same) => same,
): Promise<string> {
  const folder = join(root, `${folders++}`)
  const tensors = [...foreignWeights(model)].flatMap(([name, { shape, data }]) => {
    const spelt = spell(name)
    return spelt === null ? [] : [{ name: spelt, shape, values: () => Promise.resolve(data) }]
  })
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, 'f32')
  await writeFile(join(folder, 'config.json'), JSON.stringify(SMALL_CONFIGS[name]))
  return folder
}

async function expectWeights(folder: string, model: SmallModel): Promise<void> {
  const opened = await openCheckpoint(folder)
  expect(opened.config).toEqual(model.config)
  for (const { name } of model.parameters.views) {
    const read = await opened.weight(name)
    const wanted = model.parameters.of(name)
    expect(read.length, name).toBe(wanted.length)
    expect(
      wanted.findIndex((value, i) => value !== read[i]),
      name,
    ).toBe(-1)
  }
  await opened.close()
}

describe('tensors of Hugging Face come in, and go out again', () => {
  test.each(NAMES)('%s', async (name) => {
    const model = smallModel(SMALL_CONFIGS[name], 41)
    await expectWeights(await written(name, model), model)
    const { family, config, parameters } = model
    const folder = join(root, `saved ${name}`)
    await saveCheckpoint(folder, checkpointOf(family, config, parameters))
    await expectWeights(folder, model)
  })
})

describe('other spellings', () => {
  test('GPT-2 without its prefix', async () => {
    const model = smallModel(SMALL_CONFIGS.gpt2, 42)
    await expectWeights(await written('gpt2', model, (name) => name.replace(/^transformer\./, '')), model)
  })

  test('BERT with gamma and beta, with and without its prefix', async () => {
    for (const name of ['bert', 'bert masked'] as const) {
      const model = smallModel(SMALL_CONFIGS[name], 43)
      const old = (name: string) =>
        name
          .replace('LayerNorm.weight', 'LayerNorm.gamma')
          .replace('LayerNorm.bias', 'LayerNorm.beta')
          .replace(/^(bert\.)?(?!cls|bert)/, name.startsWith('bert.') ? '' : 'bert.')
      await expectWeights(await written(name, model, old), model)
    }
  })

  test('BERT whose file has no pooler has none', async () => {
    const model = smallModel(SMALL_CONFIGS.bert, 44)
    const folder = await written('bert', model, (name) => (name.includes('pooler') ? null : name))
    const encoder = await loadEncoder(folder)
    expect(encoder.config.encoder!.pooler).toBe(false)
    expect((await encoder.encode([[1, 2, 3]])).pooled).toBe(null)
    await encoder.release()
  })

  test('a tensor that is missing under all names is named', async () => {
    const model = smallModel(SMALL_CONFIGS.bert, 44)
    const lost = 'encoder.layer.1.output.dense.bias'
    await expect(
      openCheckpoint(await written('bert', model, (name) => (name === lost ? null : name))),
    ).rejects.toMatchObject({ code: 'FORMAT_INVALID', message: expect.stringContaining(lost) as string })
  })
})

test('GPT-2 steps over a cache as the plain version does from the start', async () => {
  const small = smallModel(SMALL_CONFIGS.gpt2, 45)
  const model = await loadModel(await written('gpt2', small))
  const ids = Array.from({ length: 19 }, (_, i) => (7 * i * i + 3 * i) % 61)
  const expected = plainGpt2(SMALL_CONFIGS.gpt2, foreignWeights(small), ids)
  const top = Math.max(...expected.flat().map(Math.abs))
  const cache = model.cache()
  for (let from = 0; from < ids.length; from += 4) {
    const piece = ids.slice(from, from + 4)
    const { logits } = await model.step({ ids: piece, cache, want: { logits: 'all' } })
    const plain = expected.slice(from, from + 4).flat()
    expect(Math.max(...plain.map((x, i) => Math.abs(x - logits![i]!))) / top).toBeLessThan(1e-5)
  }
  await model.release()
})
