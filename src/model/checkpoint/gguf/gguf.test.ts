import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random, TesseraError } from '../../../core/index.ts'
import { trainBpe, writeGgufMetadata } from '../../../tokenizer/index.ts'
import { type Checkpoint, checkpointOf } from '../checkpoint.ts'
import { openCheckpoint } from '../open.ts'
import { saveCheckpoint } from '../folder.ts'
import { randomBlocks, saveGgufWith } from '../../testing/gguf.ts'
import { SMALL_CONFIGS, smallModel } from '../../testing/small-models.ts'
import { BLOCK_TYPES } from './blocks.ts'
import { reordered } from './architectures.ts'
import { GgufFile } from './file.ts'
import { BLOCK, encode, WRITTEN } from './quantise.ts'
import { ggufParts, saveGguf } from './save.ts'
import { writeGguf } from './write.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-gguf-'))
})
afterAll(() => rm(root, { recursive: true }))

type Name = 'llama' | 'llama 3 scaling' | 'mistral' | 'qwen2' | 'qwen3' | 'gpt2'
const NAMES: readonly Name[] = ['llama', 'llama 3 scaling', 'mistral', 'qwen2', 'qwen3', 'gpt2']

function small(name: Name, change: object = {}): Checkpoint {
  const { family, config, parameters } = smallModel({ ...SMALL_CONFIGS[name], ...change }, 4)
  return checkpointOf(family, config, parameters)
}

async function expectSameWeights(actual: Checkpoint, expected: Checkpoint): Promise<void> {
  expect(actual.config).toEqual(expected.config)
  expect(Object.keys(actual.parameters)).toEqual(Object.keys(expected.parameters))
  for (const name of Object.keys(expected.parameters)) {
    expect(await actual.weight(name), name).toEqual((await expected.weight(name)).slice())
  }
}

async function refusal(work: Promise<unknown>): Promise<TesseraError> {
  return work.then(
    () => expect.fail('It was not refused'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(TesseraError)
      return error as TesseraError
    },
  )
}

describe('a folder, as GGUF, and a folder again', () => {
  test.each(NAMES)('%s: the same config and the same weights', async (name) => {
    for (const tied of [true, false]) {
      const model = small(name, { tie_word_embeddings: tied })
      const file = join(root, `${name} ${tied}.gguf`)
      await saveCheckpoint(join(root, `${name} ${tied} 1`), model)
      const first = await openCheckpoint(join(root, `${name} ${tied} 1`))
      await saveGguf(file, first, { dtype: 'f32' })
      const gguf = await openCheckpoint(file)
      await expectSameWeights(gguf, model)
      await saveCheckpoint(join(root, `${name} ${tied} 2`), gguf)
      const second = await openCheckpoint(join(root, `${name} ${tied} 2`))
      await expectSameWeights(second, model)
      for (const one of [first, gguf, second]) await one.close()
    }
  })

  test('the tokenizer comes back with its ids, special tokens and chat template', async () => {
    const trained = await trainBpe(['some text and some more of the text'], {
      vocabSize: 270,
      specials: ['<s>', '<end>'],
    })
    trained.spec.namedTokens.eos_token = '<end>'
    trained.spec.chatTemplate = '{{ messages[0].content }}'
    const { family, config, parameters } = smallModel({ ...SMALL_CONFIGS.llama, vocab_size: 280 }, 4)
    const path = join(root, 'tokenizer.gguf')
    await saveGguf(path, checkpointOf(family, config, parameters, trained))
    const { tokenizer, close } = await openCheckpoint(path)
    await close()
    const text = 'some text<end>, ünd möre'
    expect(tokenizer!.encode(text)).toEqual(trained.encode(text))
    expect(tokenizer!.spec.namedTokens.eos_token).toBe('<end>')
    expect(tokenizer!.spec.chatTemplate).toBe('{{ messages[0].content }}')
    // The rows of the model that have no token.
    expect(tokenizer!.vocabSize).toBe(280)
  })
})

describe('rows of heads', () => {
  test('neighbours in llama.cpp are halves in Hugging Face', () => {
    const halves = Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13)
    expect(reordered(halves, 4, 1, true)).toEqual(Float32Array.of(0, 2, 1, 3, 10, 12, 11, 13))
  })

  test('there and back is nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(4),
        (heads, half, more) => {
          const columns = more + 1
          const values = Float32Array.from({ length: heads * 2 * half * columns }, (_, i) => i)
          const out = reordered(values, 2 * half, columns, true)
          expect(reordered(out, 2 * half, columns, false)).toEqual(values)
        },
      ),
    )
  })
})

describe('quantised', () => {
  const row = fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), {
    minLength: BLOCK,
    maxLength: BLOCK,
  })

  test.each([
    ['q8_0', 254],
    ['q4_0', 8],
  ] as const)(
    '%s: no number is further off than half a step, and a second time changes nothing',
    (type, steps) => {
      const decode = (bytes: Uint8Array) => BLOCK_TYPES.get(WRITTEN[type].id)!.decode(Uint8Array.from(bytes))
      fc.assert(
        fc.property(row, (numbers) => {
          const values = Float32Array.from(numbers)
          const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
          const once = decode(encode(values, type))
          // Half a step, what the scale lost as float16, and for Q4_0 a whole one at the end without a code.
          const step = (type === 'q8_0' ? 2 : 1) * (largest / steps)
          const bound = (type === 'q8_0' ? 0.5 : 1) * step + largest * 2 ** -10 + 1e-4
          once.forEach((x, i) => expect(Math.abs(x - values[i]!)).toBeLessThanOrEqual(bound))
          expect(decode(encode(once, type))).toEqual(once)
        }),
      )
    },
  )

  test('a matrix whose rows are no whole blocks is f16, and that is said', async () => {
    const path = join(root, 'uneven.gguf')
    const { notes } = await saveGguf(path, small('llama'), { dtype: 'q8_0' })
    expect(notes).toContainEqual(expect.stringContaining('are f16: their rows are no whole blocks of 32'))
    const file = await GgufFile.open(path)
    expect(file.tensors.get('token_embd.weight')!.type).toBe(WRITTEN.f16.id)
    await file.close()
  })
})

describe('what cannot be a model here', () => {
  const named = (name: string) => join(root, `${name}.gguf`)

  test('is refused by name: architectures, tensors that are missing, of another shape, too many', async () => {
    const model = small('llama')
    const { entries, tensors } = ggufParts(model, 'f32')
    const written = async (change: object, list = tensors) => {
      await writeGguf(named('wrong'), { ...entries, ...change }, list)
      return refusal(openCheckpoint(named('wrong')))
    }
    expect(await written({ 'general.architecture': { text: 'mamba' } })).toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: expect.stringMatching(/"mamba".*There are: llama, qwen2, qwen3, gpt2/),
    })
    expect(await written({ 'llama.expert_count': { u32: 8 } })).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    expect(
      await written(
        {},
        tensors.filter(({ name }) => name !== 'blk.1.ffn_up.weight'),
      ),
    ).toMatchObject({
      code: 'FORMAT_INVALID',
      message: expect.stringContaining('Missing tensors: blk.1.ffn_up.weight'),
    })
    expect(await written({ 'llama.feed_forward_length': { u32: 41 } })).toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('blk.0.ffn_gate.weight is [40, 24]; the config asks for [41, 24]'),
    })
    expect(await written({}, [...tensors, { ...tensors[1]!, name: 'blk.0.attn_q.bias' }])).toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: expect.stringContaining('blk.0.attn_q.bias'),
    })
    // Nothing is made for layers that the file cannot have.
    expect(await written({ 'llama.block_count': { u32: 2 ** 31 - 1 } })).toMatchObject({
      code: 'FORMAT_INVALID',
      message: expect.stringContaining('for 2147483647 layers'),
    })
    expect(await written({ 'llama.embedding_length': { text: 'wide' } })).toMatchObject({
      code: 'FORMAT_INVALID',
    })
  })

  test('a header of several megabytes is read whole, and no tokenizer is in a file without one', async () => {
    const model = small('llama')
    const { entries, tensors } = ggufParts(model, 'f32')
    await writeGguf(named('long'), { ...entries, 'general.description': { text: 'x'.repeat(3e6) } }, tensors)
    // Told by its first bytes, too.
    await rename(named('long'), join(root, 'long'))
    const opened = await openCheckpoint(join(root, 'long'))
    expect(opened.tokenizer).toBe(null)
    await expectSameWeights(opened, model)
    await opened.close()
  })

  test('numbers beyond float16 are not written as infinite ones', async () => {
    const { family, config, parameters } = smallModel(SMALL_CONFIGS.llama, 4)
    parameters.of('layers.1.down')[5] = 7e4
    const model = checkpointOf(family, config, parameters)
    for (const work of [
      () => saveGguf(named('beyond'), model, { dtype: 'f16' }),
      () => saveCheckpoint(join(root, 'beyond'), model, { dtype: 'f16' }),
    ]) {
      expect(await refusal(work())).toMatchObject({
        code: 'ARGUMENT_INVALID',
        message: expect.stringContaining('holds 70000: float16 ends at 65504'),
      })
    }
    await saveCheckpoint(join(root, 'beyond'), model, { dtype: 'bf16' })
  })

  test('a type of numbers that is not read is named, with those that are', async () => {
    const data = new Uint8Array(61 * 24)
    await saveGgufWith(named('type'), small('llama'), 'token_embd.weight', 10, data)
    expect(await refusal(openCheckpoint(named('type')))).toMatchObject({
      code: 'DTYPE_MISMATCH',
      message: expect.stringMatching(/token_embd.weight is of the type Q2_K.*There are: F32, F16, Q4_0/),
    })
  })

  test('families that llama.cpp has elsewhere or not at all are refused for writing', async () => {
    const relu = small('gpt2', { activation_function: 'relu' })
    expect(await refusal(saveGguf(named('relu'), relu))).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    const { family, config, parameters } = smallModel(SMALL_CONFIGS.bert, 1)
    expect(await refusal(saveGguf(named('bert'), checkpointOf(family, config, parameters)))).toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: expect.stringContaining('There are: llama, mistral, qwen2, qwen3, gpt2'),
    })
  })
})

describe('a file from outside', () => {
  test('that lies is refused, and costs no memory', async () => {
    const path = join(root, 'lies.gguf')
    const head = writeGgufMetadata({ 'general.architecture': { text: 'llama' } }, 1)
    const info = (...numbers: (number | bigint)[]) => {
      const bytes = Buffer.alloc(8 + 1 + 4 + 8 + 4 + 8)
      bytes.writeBigUInt64LE(BigInt(numbers[0]!), 0)
      bytes.write('w', 8)
      bytes.writeUInt32LE(Number(numbers[1]), 9)
      bytes.writeBigUInt64LE(BigInt(numbers[2]!), 13)
      bytes.writeUInt32LE(Number(numbers[3]), 21)
      bytes.writeBigUInt64LE(BigInt(numbers[4]!), 25)
      return bytes
    }
    const room = Buffer.alloc(64)
    const count = (bytes: Uint8Array, at: number, value: bigint) => {
      const copy = Buffer.from(bytes)
      copy.writeBigUInt64LE(value, at)
      return copy
    }
    const lies: [string, Uint8Array][] = [
      ['a gigabyte of numbers', Buffer.concat([head, info(1, 1, 2 ** 28, 0, 0), room])],
      ['more numbers than there are', Buffer.concat([head, info(1, 1, 2n ** 63n, 0, 0), room])],
      ['a name of a gigabyte', Buffer.concat([head, info(2 ** 30, 1, 4, 0, 0), room])],
      ['an offset far away', Buffer.concat([head, info(1, 1, 4, 0, 2n ** 40n), room])],
      ['an offset between', Buffer.concat([head, info(1, 1, 4, 0, 3), room])],
      ['nine dimensions', Buffer.concat([head, info(1, 9, 4, 0, 0), room])],
      ['half a block', Buffer.concat([head, info(1, 1, 16, 2, 0), room])],
      ['nothing at all', Buffer.concat([head, info(1, 1, 0, 0, 0), room])],
      ['a billion tensors', count(Buffer.concat([head, room]), 8, 10n ** 9n)],
      ['a billion keys', count(Buffer.concat([head, room]), 16, 10n ** 9n)],
      ['tensors between bytes', writeGgufMetadata({ 'general.alignment': { u32: 0 } }, 0)],
    ]
    const before = process.memoryUsage()
    for (const [name, bytes] of lies) {
      await writeFile(path, bytes)
      expect(await refusal(GgufFile.open(path)), name).toMatchObject({ code: 'FORMAT_INVALID' })
    }
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64e6)
  })

  test('scribbled or cut anywhere, is a TesseraError or reads', async () => {
    const path = join(root, 'fuzz.gguf')
    await saveGgufWith(
      path,
      small('llama', { hidden_size: 32 }),
      'token_embd.weight',
      8,
      randomBlocks(8, 61 * 32, 1),
    )
    const good = await readFile(path)
    const random = new Random(12)
    // Most of the damage goes where it counts.
    const header = 4000
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(good)
      for (let n = 1 + random.int(3); n > 0; n--) bytes[random.int(header)] = random.int(256)
      await writeFile(path, random.int(3) === 0 ? bytes.subarray(0, random.int(bytes.length)) : bytes)
      try {
        const opened = await openCheckpoint(path)
        for (const name of Object.keys(opened.parameters)) await opened.weight(name)
        await opened.close()
      } catch (error) {
        expect(error, `round ${round}`).toBeInstanceOf(TesseraError)
      }
    }
  })
})
