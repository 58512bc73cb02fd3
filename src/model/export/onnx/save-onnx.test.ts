import * as fc from 'fast-check'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkpointOf, saveOnnx } from '../../index.ts'
import { SMALL_CONFIGS, smallModel } from '../../testing/small-models.ts'
import { contentOf, placeOutside } from './external.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-onnx-'))
})
afterAll(() => rm(root, { recursive: true }))

function checkpoint(name: keyof typeof SMALL_CONFIGS) {
  const { family, config, parameters } = smallModel(SMALL_CONFIGS[name])
  return checkpointOf(family, config, parameters)
}

async function json(...path: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(root, ...path), 'utf8')) as Record<string, unknown>
}

describe('the folder', () => {
  test('has what transformers.js looks for, by the kind of the model', async () => {
    await saveOnnx(join(root, 'decoder'), checkpoint('mistral'), { precisions: ['fp32', 'int8'] })
    expect((await readdir(join(root, 'decoder'), { recursive: true })).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'onnx',
      join('onnx', 'model.onnx'),
      join('onnx', 'model_quantized.onnx'),
    ])
    expect(await json('decoder', 'config.json')).toMatchObject({ model_type: 'mistral', sliding_window: 5 })
    expect(await json('decoder', 'generation_config.json')).toEqual({ bos_token_id: 1, eos_token_id: 2 })
    await saveOnnx(join(root, 't5'), checkpoint('t5'))
    expect((await readdir(join(root, 't5', 'onnx'))).sort()).toEqual([
      'decoder_model_merged.onnx',
      'encoder_model.onnx',
    ])
    expect(await json('t5', 'generation_config.json')).toMatchObject({ decoder_start_token_id: 0 })
  })

  test('says which graphs have their weights outside', async () => {
    await saveOnnx(join(root, 'outside'), checkpoint('t5'), { external: true })
    expect((await json('outside', 'config.json'))['transformers.js_config']).toEqual({
      use_external_data_format: { 'encoder_model.onnx': 1, 'decoder_model_merged.onnx': 1 },
    })
  })

  test('is not written over', async () => {
    await mkdir(join(root, 'there'))
    await expect(saveOnnx(join(root, 'there'), checkpoint('gpt2'))).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      where: join(root, 'there'),
    })
  })

  test('is whole or not there: cancelled, or with weights that cannot be read', async () => {
    const before = await readdir(root)
    const controller = new AbortController()
    const cancelled = saveOnnx(join(root, 'half'), checkpoint('t5'), {
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage.startsWith('writing')) controller.abort()
      },
    })
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    const broken = { ...checkpoint('gpt2'), weight: () => Promise.reject(new Error('unreadable')) }
    await expect(saveOnnx(join(root, 'half'), broken)).rejects.toThrow('unreadable')
    expect(await readdir(root)).toEqual(before)
    const inFile = saveOnnx(join(root, 'decoder', 'config.json', 'x'), checkpoint('gpt2'))
    await expect(inFile).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' })
  })
})

test('weights outside of a graph: every array lies where it is said to, no file is too long', () => {
  const sizes = fc.array(fc.nat({ max: 300 }), { maxLength: 20 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 100, max: 2000 }), (lengths, most) => {
      const arrays = new Map(
        lengths.map((length, i) => [
          `w${i}`,
          {
            dtype: 'float32' as const,
            shape: [length],
            source: Float32Array.from({ length }, (_, j) => i + j / 1000),
          },
        ]),
      )
      const { arrays: placed, files } = placeOutside(arrays, 'model.onnx', { least: 64, most })
      const contents = new Map(
        files.map((file) => [
          file.name,
          Buffer.concat([...contentOf(file)].map((piece) => Buffer.from(piece))),
        ]),
      )
      for (const file of files) {
        expect(contents.get(file.name)!.length).toBe(file.bytes)
        if (file.parts.length > 1) expect(file.parts.at(-1)!.offset).toBeLessThan(most)
      }
      for (const [name, { source }] of placed) {
        const original = arrays.get(name)!.source
        if ('location' in source) {
          const bytes = contents
            .get(source.location)!
            .subarray(source.offset, source.offset + original.byteLength)
          expect(new Float32Array(Uint8Array.from(bytes).buffer)).toEqual(original)
        } else expect(source).toBe(original)
      }
      expect(files.map(({ name }) => name)).toEqual(
        files.map((_, i) => `model.onnx_data${i === 0 ? '' : `_${i}`}`),
      )
    }),
    { numRuns: 60 },
  )
})
