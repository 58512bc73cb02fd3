import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random, TesseraError } from '../../core/index.ts'
import { Parameters } from '../../tensor/index.ts'
import { familyOf } from '../families/index.ts'
import { loadModel } from '../model.ts'
import { checkpointOf } from './checkpoint.ts'
import { openFolder, saveCheckpoint } from './folder.ts'
import { openCheckpoint } from './open.ts'
import { writeSafetensors } from './safetensors-write.ts'
import { SafetensorsFile } from './safetensors.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-checkpoint-'))
})
afterAll(() => rm(root, { recursive: true }))

function tiny(architecture = 'Qwen3ForCausalLM', tied = false) {
  const family = familyOf({ architectures: [architecture] })
  const config = family.config({
    architectures: [architecture],
    vocab_size: 17,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 4,
    intermediate_size: 12,
    tie_word_embeddings: tied,
  })
  const parameters = Parameters.initialised(family.parameters(config), 5)
  return { family, config, parameters, checkpoint: checkpointOf(family, config, parameters) }
}

describe('a folder', () => {
  test.each(['LlamaForCausalLM', 'MistralForCausalLM', 'Qwen2ForCausalLM', 'Qwen3ForCausalLM'])(
    '%s comes back as it was',
    async (architecture) => {
      for (const tied of [true, false]) {
        const { config, parameters, checkpoint } = tiny(architecture, tied)
        const folder = join(root, `${architecture}-${tied}`)
        await saveCheckpoint(folder, checkpoint)
        const opened = await openCheckpoint(folder)
        expect(opened.config).toEqual(config)
        for (const { name } of parameters.views) {
          expect(await opened.weight(name), name).toEqual(parameters.of(name).slice())
        }
        await opened.close()
      }
    },
  )

  test('weights lie as Hugging Face has them: [out, in], apart', async () => {
    const { parameters, checkpoint } = tiny()
    const folder = join(root, 'layout')
    await saveCheckpoint(folder, checkpoint)
    const file = await SafetensorsFile.open(join(folder, 'model.safetensors'))
    const key = 'model.layers.1.self_attn.k_proj.weight'
    expect(file.tensors.get(key)!.shape).toEqual([8, 8])
    const stored = await file.read(key)
    const ours = parameters.of('layers.1.qkv')
    // Row of the stored matrix = output; keys come after 16 columns of queries, of 32 in all.
    for (const [out, into] of [
      [0, 0],
      [3, 5],
      [7, 7],
    ] as const) {
      expect(stored[out * 8 + into]).toBe(ours[into * 32 + 16 + out])
    }
    await file.close()
  })

  test('half precision loses at most its rounding', async () => {
    const { parameters, checkpoint } = tiny()
    for (const [dtype, step] of [
      ['f16', 2 ** -11],
      ['bf16', 2 ** -8],
    ] as const) {
      const folder = join(root, dtype)
      await saveCheckpoint(folder, checkpoint, { dtype })
      const opened = await openFolder(folder)
      for (const { name } of parameters.views) {
        const wanted = parameters.of(name)
        for (const [i, value] of (await opened.weight(name)).entries()) {
          expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(Math.abs(wanted[i]!) * step + 2 ** -24)
        }
      }
      await opened.close()
    }
  })

  test('shards with an index are one model; an index may not lead out of the folder', async () => {
    const { parameters, checkpoint } = tiny()
    const folder = join(root, 'shards')
    await saveCheckpoint(folder, checkpoint)
    const whole = await SafetensorsFile.open(join(folder, 'model.safetensors'))
    const names = [...whole.tensors.keys()]
    const map: Record<string, string> = {}
    for (const shard of [0, 1]) {
      const file = `model-0000${shard + 1}-of-00002.safetensors`
      const mine = names.filter((_, i) => i % 2 === shard)
      for (const name of mine) map[name] = file
      await writeSafetensors(
        join(folder, file),
        mine.map((name) => ({ name, shape: whole.tensors.get(name)!.shape, values: () => whole.read(name) })),
        'f32',
      )
    }
    await whole.close()
    await rename(join(folder, 'model.safetensors'), join(folder, 'other'))
    const index = join(folder, 'model.safetensors.index.json')
    await writeFile(index, JSON.stringify({ weight_map: map }))
    const opened = await openFolder(folder)
    expect(await opened.weight('layers.0.down')).toEqual(parameters.of('layers.0.down').slice())
    await opened.close()
    await writeFile(index, JSON.stringify({ weight_map: { a: '../layout/model.safetensors' } }))
    await expect(openFolder(folder)).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
  })

  test('larger than a shard, is written in several, with an index; the file of an older save goes', async () => {
    const { parameters, checkpoint } = tiny()
    const folder = join(root, 'written-shards')
    await saveCheckpoint(folder, checkpoint)
    await saveCheckpoint(folder, checkpoint, { shardBytes: 1500, dtype: 'f32' })
    const files = (await readdir(folder)).filter((name) => name.includes('safetensors'))
    expect(files.length).toBeGreaterThan(3)
    expect(files).not.toContain('model.safetensors')
    const index = JSON.parse(await readFile(join(folder, 'model.safetensors.index.json'), 'utf8')) as {
      metadata: { total_size: number }
      weight_map: Record<string, string>
    }
    expect(index.metadata.total_size).toBe(4 * parameters.values.length)
    expect(new Set(Object.values(index.weight_map)).size).toBe(files.length - 1)
    const opened = await openCheckpoint(folder)
    for (const { name } of parameters.views) {
      expect(await opened.weight(name), name).toEqual(parameters.of(name).slice())
    }
    await opened.close()
    await saveCheckpoint(folder, checkpoint)
    expect(await readdir(folder)).not.toContain('model.safetensors.index.json')
  })

  test('stopped while it is written, is as it was before', async () => {
    const { parameters, checkpoint } = tiny()
    const folder = join(root, 'stopped')
    await saveCheckpoint(folder, checkpoint)
    const before = await readFile(join(folder, 'model.safetensors'))
    const controller = new AbortController()
    parameters.values.fill(1)
    const onProgress = () => controller.abort()
    await expect(
      saveCheckpoint(folder, checkpoint, { onProgress, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(before)
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('tensors that hold no floats are named when it is opened', async () => {
    const { checkpoint } = tiny()
    const folder = join(root, 'integers')
    await saveCheckpoint(folder, checkpoint, { dtype: 'f16' })
    const path = join(folder, 'model.safetensors')
    const text = (await readFile(path)).toString('latin1')
    await writeFile(path, Buffer.from(text.replace('"F16"', '"I16"'), 'latin1'))
    await expect(openFolder(folder)).rejects.toMatchObject({
      code: 'DTYPE_MISMATCH',
      message: expect.stringContaining('model.embed_tokens.weight holds I16; weights are F32, F16, BF16'),
    })
  })

  test('missing tensors, other shapes and other architectures are named', async () => {
    const { checkpoint } = tiny()
    const folder = join(root, 'wrong')
    await saveCheckpoint(folder, checkpoint)
    const path = join(folder, 'config.json')
    const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    const withConfig = async (change: Record<string, unknown>) => {
      await writeFile(path, JSON.stringify({ ...config, ...change }))
      return openFolder(folder).then(
        () => null,
        (error: TesseraError) => error,
      )
    }
    expect(await withConfig({ num_hidden_layers: 3 })).toMatchObject({
      code: 'FORMAT_INVALID',
      message: expect.stringContaining('model.layers.2.input_layernorm.weight'),
    })
    // Nothing is made for layers that the file cannot have.
    expect(await withConfig({ num_hidden_layers: 2 ** 31 })).toMatchObject({
      code: 'FORMAT_INVALID',
      message: expect.stringContaining('for 2147483648 layers'),
    })
    expect(await withConfig({ intermediate_size: 13 })).toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('[12, 8]; the config asks for [13, 8]'),
    })
    expect(await withConfig({ architectures: ['MambaForCausalLM'] })).toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: expect.stringContaining('LlamaForCausalLM'),
    })
    await rm(join(folder, 'model.safetensors'))
    expect(await withConfig({})).toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})

describe('a safetensors file from outside', () => {
  test('scribbled or cut anywhere, is a TesseraError or reads', async () => {
    const path = join(root, 'fuzz.safetensors')
    await writeSafetensors(
      path,
      [{ name: 'a', shape: [2, 3], values: () => Promise.resolve(Float32Array.of(1, 2, 3, 4, 5, 6)) }],
      'f32',
    )
    const good = await readFile(path)
    const random = new Random(11)
    for (let round = 0; round < 400; round++) {
      const bytes = Uint8Array.from(good)
      for (let n = 1 + random.int(3); n > 0; n--) bytes[random.int(bytes.length)] = random.int(256)
      await writeFile(path, random.int(3) === 0 ? bytes.subarray(0, random.int(bytes.length)) : bytes)
      try {
        const file = await SafetensorsFile.open(path)
        for (const name of file.tensors.keys()) await file.read(name)
        await file.close()
      } catch (error) {
        expect(error).toBeInstanceOf(TesseraError)
      }
    }
  })

  test.each([
    ['a length beyond the file', { a: { dtype: 'F32', shape: [1 << 28], data_offsets: [0, 2 ** 30] } }],
    ['a shape that lies', { a: { dtype: 'F32', shape: [5], data_offsets: [0, 4] } }],
    ['offsets that run backwards', { a: { dtype: 'F32', shape: [1], data_offsets: [8, 4] } }],
    ['a type that is none', { a: { dtype: '__proto__', shape: [1], data_offsets: [0, 4] } }],
    ['a negative size', { a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }],
  ])('%s', async (_, header) => {
    const path = join(root, 'lies.safetensors')
    const json = Buffer.from(JSON.stringify(header))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(json.length))
    await writeFile(path, Buffer.concat([length, json, Buffer.alloc(16)]))
    await expect(SafetensorsFile.open(path)).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
  })

  test('a header longer than the file claims nothing', async () => {
    const path = join(root, 'long.safetensors')
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(2n ** 62n)
    await writeFile(path, Buffer.concat([length, Buffer.from('{}')]))
    await expect(SafetensorsFile.open(path)).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
  })
})

test('a model is loaded by its path', async () => {
  const { checkpoint } = tiny()
  const folder = join(root, 'loaded')
  await saveCheckpoint(folder, checkpoint)
  const [model, same] = await Promise.all([loadModel(folder), loadModel(checkpoint)])
  const [a, b] = await Promise.all([model.step({ ids: [1, 2, 3] }), same.step({ ids: [1, 2, 3] })])
  expect(a.logits).toEqual(b.logits)
  await Promise.all([model.release(), same.release()])
  await expect(loadModel(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
})
