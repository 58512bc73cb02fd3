import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TesseraError } from '../../core/index.ts'
import { Parameters } from '../../tensor/index.ts'
import { familyOf } from '../families/index.ts'
import { checkpointOf } from './checkpoint.ts'
import { saveCheckpoint } from './folder.ts'
import { openPageFiles, type PageFile } from './page-files.ts'

const json = {
  architectures: ['Qwen3ForCausalLM'],
  vocab_size: 17,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  intermediate_size: 12,
  tie_word_embeddings: false,
}
const family = familyOf(json)
const config = family.config(json)
const parameters = Parameters.initialised(family.parameters(config), 5)

let folder: string
let files: PageFile[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-page-'))
  await saveCheckpoint(folder, checkpointOf(family, config, parameters))
  files = await Promise.all(
    (await readdir(folder)).map(async (name) => ({
      name,
      content: new Blob([new Uint8Array(await readFile(join(folder, name)))]),
    })),
  )
})
afterAll(() => rm(folder, { recursive: true }))

const withWeights = (content: Blob) =>
  files.map((file) => (file.name.endsWith('.safetensors') ? { ...file, content } : file))

describe('a model whose files a page holds', () => {
  test('has the weights that were saved', async () => {
    const opened = await openPageFiles(files)
    expect(opened.config).toEqual(config)
    for (const { name } of parameters.views) {
      expect(await opened.weight(name), name).toEqual(parameters.of(name).slice())
    }
  })

  test('says what is missing', async () => {
    await expect(openPageFiles([])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    const other = { name: 'config.json', content: new Blob([JSON.stringify({ ...json, hidden_size: 16 })]) }
    const mixed = [other, ...files.filter(({ name }) => name !== 'config.json')]
    await expect(openPageFiles(mixed)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' })
    const gguf = [{ name: 'model.gguf', content: new Blob(['GGUF']) }]
    await expect(openPageFiles(gguf)).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  })

  test('cut or scribbled at any place, is an error or a model', async () => {
    const whole = new Uint8Array(
      await files.find(({ name }) => name.endsWith('.safetensors'))!.content.arrayBuffer(),
    )
    const header = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true))
    await fc.assert(
      fc.asyncProperty(fc.nat(header), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const bytes = cut ? whole.slice(0, at) : whole.slice()
        if (!cut) bytes[at] = byte
        try {
          const opened = await openPageFiles(withWeights(new Blob([bytes])))
          await opened.weight('embedding')
        } catch (error) {
          expect(error).toBeInstanceOf(TesseraError)
        }
      }),
      { numRuns: 200 },
    )
  })
})
