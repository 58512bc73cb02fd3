// tessera prune and extend as processes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { expect, test } from 'vitest'
import { output, temporaryFolder, tessera } from './command.ts'

const folder = temporaryFolder()
const corpus = join(folder, 'corpus.txt')
const text = readFileSync(resolve('CONTRIBUTING.md'), 'utf8')
writeFileSync(corpus, text)

const idsOf = async (path: string, sample: string) =>
  (await output(['encode', '-t', path, sample])).trim().split(' ').map(Number)

test('prune: the same tokens under new ids, and the map between them', async () => {
  const path = join(folder, 'small.json')
  const mapPath = join(folder, 'map.json')
  const words = ['prune', '-t', 'o200k_base', '-o', path, '--map', mapPath, '--json', corpus]
  const report = JSON.parse(await output(words)) as { size: [number, number]; droppedOccurrences: number }
  expect(report.size[1]).toBeLessThan(9000)
  expect(report.droppedOccurrences).toBe(0)
  const map = JSON.parse(readFileSync(mapPath, 'utf8')) as { newSize: number; oldToNew: (number | null)[] }
  expect(map.newSize).toBe(report.size[1])
  const sample = text.slice(300, 900)
  const before = await idsOf('o200k_base', sample)
  const after = await idsOf(path, sample)
  expect(after).toEqual(before.map((id) => map.oldToNew[id]))
  expect((await NativeTokenizer.fromFile(path).encode(sample)).getIds()).toEqual(after)
  expect(await output(['decode', '-t', path], after.join(' '))).toBe(sample)
})

test('extend: named tokens, with a space in front', async () => {
  const path = join(folder, 'more.json')
  const words = ['extend', '-t', 'cl100k_base', '-o', path]
  const { stderr } = await tessera([...words, '--tokens', '[" quokkas", " tessellate", "two words"]'])
  expect(stderr).toContain('2 tokens more')
  expect(stderr).toContain('refused "two words": the pre-tokenizer cuts it into')
  const ids = await idsOf(path, 'the quokkas tessellate')
  expect(ids.slice(1).every((id) => id > 100_276)).toBe(true)
  expect(ids.slice(0, 1)).toEqual(await idsOf('cl100k_base', 'the'))
})

test('extend: learnt from a file', async () => {
  const path = join(folder, 'grown.json')
  const words = ['extend', '-t', 'cl100k_base', '-o', path, '--grow', '8', '--json', corpus]
  const report = JSON.parse(await output(words)) as { added: string[]; tokens: [number, number] }
  expect(report.added).toHaveLength(8)
  expect(report.tokens[1]).toBeLessThan(report.tokens[0])
  expect(await idsOf(path, text)).toHaveLength(report.tokens[1])
})

test.each([
  [['prune', corpus], '--output is missing'],
  [['extend', '-o', join(folder, 'x.json')], 'Give one of --tokens, --list and --grow'],
  [['extend', '-o', join(folder, 'x.json'), '--tokens', 'a', corpus], 'with --grow only'],
  [['extend', '-o', join(folder, 'x.json'), '--tokens', 'the'], 'there already'],
  [['extend', '-o', join(folder, 'x.json'), '--tokens', 'the', '--min-frequency', '2'], 'goes with --grow'],
  [['prune', '-o', join(folder, 'x.json'), '--vocab-size', '9', corpus], 'cannot be dropped'],
])('refuses %j', async (words, message) => {
  const { code, stderr } = await tessera(words)
  expect(stderr).toContain(message)
  expect(code).toBeGreaterThan(0)
  expect(existsSync(join(folder, 'x.json'))).toBe(false)
})
