// What the commands do for people and programs that use them rightly.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { get_encoding } from 'tiktoken'
import { describe, expect, test } from 'vitest'
import { output, temporaryFolder, tessera } from './command.ts'

const folder = temporaryFolder()
const reference = get_encoding('o200k_base')
const idsOf = (text: string) => [...reference.encode_ordinary(text)]
const TEXT = 'naïve 🙂 tokens:\n\tif (x) return "ﬁ"; \ufeff中文\n'

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

interface EncodeJson {
  ids: number[]
  tokens: string[]
  offsets: [number, number][]
}

describe('encode and decode', () => {
  test('ids of words, of a file and of stdin are those of tiktoken', async () => {
    const expected = `${idsOf(TEXT).join(' ')}\n`
    expect(await output(['encode', TEXT])).toBe(expected)
    expect(await output(['encode', '--file', file('text.txt', TEXT)])).toBe(expected)
    expect(await output(['encode'], TEXT)).toBe(expected)
    expect(await output(['encode', 'two', 'words'])).toBe(`${idsOf('two words').join(' ')}\n`)
    expect(await output(['encode', '--', '--json'])).toBe(`${idsOf('--json').join(' ')}\n`)
  })

  test('--json gives ids, tokens and offsets that cut the text into its tokens', async () => {
    const made = JSON.parse(await output(['encode', '--json', 'Hello, world 🙂!'])) as EncodeJson
    expect(Object.keys(made)).toEqual(['ids', 'tokens', 'offsets'])
    expect(made.ids).toEqual(idsOf('Hello, world 🙂!'))
    expect(made.tokens).toHaveLength(made.ids.length)
    expect(made.offsets.map(([from, to]) => 'Hello, world 🙂!'.slice(from, to)).join('')).toBe(
      'Hello, world 🙂!',
    )
  })

  test('--tokens is one line per token', async () => {
    const lines = (await output(['encode', '--tokens', 'Hello, world'])).trimEnd().split('\n')
    expect(lines.map((line) => Number(line.split('\t')[0]))).toEqual(idsOf('Hello, world'))
  })

  test('a long text comes out whole, through a pipe', async () => {
    const text = TEXT.repeat(20_000)
    expect(await output(['encode'], text)).toBe(`${idsOf(text).join(' ')}\n`)
    const made = JSON.parse(await output(['encode', '--json'], text)) as EncodeJson
    expect(made.offsets.at(-1)![1]).toBe(text.length)
  })

  test('what encode prints, decode takes back to the byte', async () => {
    expect(await output(['decode'], await output(['encode'], TEXT))).toBe(TEXT)
    expect(await output(['decode'], await output(['encode', '--json'], TEXT))).toBe(TEXT)
    expect(await output(['decode', ...idsOf(TEXT).map(String)])).toBe(TEXT)
    expect(await output(['decode', JSON.stringify(idsOf(TEXT))])).toBe(TEXT)
    expect(JSON.parse(await output(['decode', '--json', '13225,', '11']))).toEqual({ text: 'Hello,' })
  })

  test('raw bytes go there and back with --bytes', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 89 + (i >> 3)) & 255)
    const ids = await output(['encode', '--bytes'], bytes)
    const { bytes: back } = await tessera(['decode', '--bytes'], ids)
    expect(back.equals(bytes)).toBe(true)
  })

  test('empty input is no tokens', async () => {
    expect(await output(['encode'], '')).toBe('\n')
    expect(JSON.parse(await output(['encode', '--json'], ''))).toEqual({ ids: [], tokens: [], offsets: [] })
    expect(await output(['decode'], '')).toBe('')
    expect((await output(['count', file('empty.txt', '')])).trim()).toMatch(/^0 .*empty\.txt$/)
  })

  test('special-token text is text, a token, or refused, as asked', async () => {
    const text = 'a<|endoftext|>b'
    expect(await output(['encode', text])).toBe(`${idsOf(text).join(' ')}\n`)
    const parsed = await output(['encode', '--specials', 'parse', text])
    expect(parsed).toBe(`${[...reference.encode(text, 'all')].join(' ')}\n`)
    const refused = await tessera(['encode', '--specials=refuse', text])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('SPECIAL_TOKEN_REFUSED')
  })

  test('--max-length cuts', async () => {
    expect(await output(['encode', '--max-length', '2', TEXT])).toBe(`${idsOf(TEXT).slice(0, 2).join(' ')}\n`)
  })
})

describe('count', () => {
  test('is like wc: a line per file, then the total', async () => {
    const a = file('a.txt', 'one two three')
    const b = file('b.txt', TEXT)
    const [counted, other] = [idsOf('one two three').length, idsOf(TEXT).length]
    const lines = (await output(['count', a, b])).trimEnd().split('\n')
    expect(lines.map((line) => line.trim().split(' '))).toEqual([
      [String(counted), a],
      [String(other), b],
      [String(counted + other), 'total'],
    ])
    expect((await output(['count'], TEXT)).trim()).toBe(String(other))
    expect((await output(['count', '--text', TEXT])).trim()).toBe(String(other))
  })

  test('--json', async () => {
    const path = file('c.txt', TEXT)
    const tokens = idsOf(TEXT).length
    const bytes = Buffer.byteLength(TEXT)
    expect(JSON.parse(await output(['count', '--json', path]))).toEqual({
      tokenizer: 'o200k_base',
      files: [{ file: path, tokens, bytes }],
      total: { tokens, bytes },
    })
  })

  test('--limit: 0 up to the limit, 1 over it', async () => {
    const tokens = idsOf(TEXT).length
    expect((await tessera(['count', '--limit', String(tokens)], TEXT)).code).toBe(0)
    const over = await tessera(['count', '--limit', String(tokens - 1)], TEXT)
    expect(over.code).toBe(1)
    expect(over.stdout.trim()).toBe(`>${tokens - 1}`)
    const json = await tessera(['count', '--json', '--limit', '1'], TEXT)
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      limit: 1,
      files: [{ tokens: null }],
      total: { tokens: null },
    })
  })
})

describe('compare', () => {
  test('several tokenizers, in a table and as JSON', async () => {
    const path = file('compare.txt', TEXT)
    const words = ['compare', '-t', 'o200k_base,cl100k_base', path]
    const table = (await output(words)).trimEnd().split('\n')
    expect(table[0]).toMatch(/^tokenizer +vocabulary +tokens +bytes\/token +chars\/token$/)
    expect(table.slice(1).map((line) => line.split(/ +/)[0])).toEqual(['o200k_base', 'cl100k_base'])

    const json = JSON.parse(await output([...words, '--json'])) as {
      bytes: number
      chars: number
      tokenizers: { tokenizer: string; tokens: number; bytesPerToken: number; files: unknown[] }[]
    }
    expect(json.bytes).toBe(Buffer.byteLength(TEXT))
    expect(json.chars).toBe([...TEXT].length)
    const tokens = idsOf(TEXT).length
    expect(json.tokenizers[0]).toMatchObject({
      tokenizer: 'o200k_base',
      tokens,
      bytesPerToken: Math.round((json.bytes / tokens) * 1000) / 1000,
      files: [{ file: path, tokens }],
    })
  })

  test('all built-in tokenizers when none is named', async () => {
    const json = JSON.parse(await output(['compare', '--json'], TEXT)) as {
      tokenizers: { tokenizer: string }[]
    }
    expect(json.tokenizers.map(({ tokenizer }) => tokenizer)).toEqual(
      expect.arrayContaining(['o200k_base', 'cl100k_base']),
    )
  })
})

describe('convert and train', () => {
  test.each([
    ['o200k.json', 'tokenizer.json'],
    ['o200k.tiktoken', 'tiktoken'],
    ['o200k.tess', 'tess'],
  ])('o200k_base as %s gives the same ids', async (name, format) => {
    const path = join(folder, name)
    const report = JSON.parse(await output(['convert', 'o200k_base', path, '--json'])) as {
      format: string
      bytes: number
    }
    expect(report).toMatchObject({ format, bytes: readFileSync(path).length })
    if (format !== 'tiktoken')
      expect(await output(['encode', '-t', path, TEXT])).toBe(await output(['encode', TEXT]))
  })

  test('a vocabulary trained on a folder encodes and decodes', async () => {
    const corpus = join(folder, 'corpus', 'inner')
    mkdirSync(corpus, { recursive: true })
    const text = 'the token layer of the language models: tokens, tokenizers, tokenization.\n'
    writeFileSync(join(corpus, 'one.txt'), text.repeat(50))
    writeFileSync(join(corpus, 'two.txt'), TEXT.repeat(50))
    const path = join(folder, 'trained.json')
    const words = [
      'train',
      '--vocab-size',
      '320',
      '--specials',
      '<|end|>',
      '--output',
      path,
      join(folder, 'corpus'),
    ]
    const report = JSON.parse(await output([...words, '--json'])) as { vocabSize: number }
    expect(report.vocabSize).toBe(320)
    const ids = await output(['encode', '-t', path, text])
    expect(ids.split(' ').length).toBeLessThan(text.length / 2)
    expect(await output(['decode', '-t', path], ids)).toBe(text)

    const again = join(folder, 'again.json')
    await output(words.map((word) => (word === path ? again : word)))
    expect(readFileSync(again)).toEqual(readFileSync(path))
  })
})

describe('papers', () => {
  interface Entry {
    slug: string
    title: string
    year: number
    room: string
    state: string
  }

  test('list --json has all 34, each once', async () => {
    const list = JSON.parse(await output(['papers', 'list', '--json'])) as Entry[]
    expect(list).toHaveLength(34)
    expect(new Set(list.map(({ slug }) => slug)).size).toBe(34)
    for (const entry of list) expect(Object.keys(entry)).toEqual(['slug', 'title', 'year', 'room', 'state'])
    expect(await output(['papers', 'list'])).toContain('binary-bpe')
  })

  test('show tells about one', async () => {
    expect(await output(['papers', 'show', 'binary-bpe'])).toContain('Binary BPE')
    expect(JSON.parse(await output(['papers', 'show', 'binary-bpe', '--json']))).toMatchObject({
      slug: 'binary-bpe',
    })
  })
})

test('papers run binary-bpe, on a file and on stdin', async () => {
  const bytes = readFileSync('dist/cli/main.js')
  const words = ['papers', 'run', 'binary-bpe']
  const json = await output([...words, '--json', 'dist/cli/main.js'])
  const { files } = JSON.parse(json) as {
    files: { name: string; bytes: number; sizes: { tokens: number }[] }[]
  }
  expect(files).toMatchObject([{ name: 'main.js', bytes: bytes.length }])
  // Nested vocabularies: a larger one never needs more tokens.
  const tokens = files[0]!.sizes.map((size) => size.tokens)
  expect(tokens).toEqual(tokens.toSorted((a, b) => b - a))
  expect(await output([...words, '-'], bytes)).toMatch(/^stdin .*\n\nvocabulary +tokens +bytes per token/)
})

describe('help', () => {
  test.each([
    [['--help'], 'tessera encode'],
    [['papers', '--help'], 'tessera papers run'],
    [['count', '-h'], '--limit'],
  ])('%j', async (words, part) => expect(await output(words)).toContain(part))

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(await output(['--version'])).toBe(`${version}\n`)
  })
})
