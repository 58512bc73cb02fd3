import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random, TesseraError } from '../../core/index.ts'
import { BinaryTokenizer, loadTokenizer, trainBinary, type Tokenizer } from '../../tokenizer/index.ts'
import { papers } from '../index.ts'
import { figuresOf, withFigures } from '../experiment/readme.ts'
import { readResult } from '../experiment/result-file.ts'
import { Steps } from '../experiment/steps.ts'
import { CORPUS } from './corpus.ts'
import { byFormat, familyResults, groupResults, measureFamily, spreadOf, type TestFile } from './measure.ts'
import { sampleFile, samplePool } from './sample.ts'
import { resultTables } from './tables.ts'
import { readTar } from './tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-binary-bpe-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let vocabulary: BinaryTokenizer
/** A program every machine with Node has; its first 300 kB hold its headers. */
const program = readFileSync(process.execPath).subarray(0, 300_000)
beforeAll(async () => {
  vocabulary = (await trainBinary([program], { size: 2048, minFrequency: 2 })).tokenizer
})

describe('on a file', () => {
  test('tokens by size and by section add up', async () => {
    const { data, tables } = await papers
      .get('binary-bpe')
      .run([{ name: 'node', bytes: program }], { vocabulary })
    if (!('files' in data)) throw new Error('Not the method')
    const report = data.files[0]!
    expect(report.bytes).toBe(program.length)
    expect(report.sizes.map((s) => s.size)).toEqual(vocabulary.sizes)
    for (const { size, tokens } of report.sizes) expect(tokens).toBe(vocabulary.count(program, { size }))
    const total = report.sizes.at(-1)!.tokens
    const sum = (list: readonly { tokens: number }[]) => list.reduce((n, item) => n + item.tokens, 0)
    expect(sum(report.sections)).toBe(total)
    expect(sum(report.kinds)).toBe(total)
    expect(report.kinds.reduce((n, kind) => n + kind.bytes, 0)).toBe(program.length)
    expect(tables).toHaveLength(3)
  })

  test('an empty file has no tokens and no ratio', async () => {
    const { data } = await papers.get('binary-bpe').run(new Uint8Array(0), { vocabulary })
    expect(data).toMatchObject({ files: [{ bytes: 0, sections: [], kinds: [] }] })
    if ('files' in data) expect(data.files[0]!.sizes[0]).toMatchObject({ tokens: 0, bytesPerToken: null })
  })

  test('wants a file, and stops when told', async () => {
    await expect(papers.get('binary-bpe').run([])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    const signal = AbortSignal.abort()
    await expect(papers.get('binary-bpe').run(program, { vocabulary, signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})

describe('the vocabulary that ships', () => {
  let shipped: Tokenizer
  let family: BinaryTokenizer
  beforeAll(async () => {
    shipped = await loadTokenizer('binary-16k')
    family = BinaryTokenizer.fromSpec(shipped.spec)
  })

  test('is the 16k member of the experiment', async () => {
    expect([family.name, family.size]).toEqual(['binary-16k', 16384])
    for (const { id, hex } of (await papers.get('binary-bpe').result())!.firstMerges) {
      expect(Buffer.from(family.bytesOf(id)).toString('hex')).toBe(hex)
    }
  })

  test('gives the general tokenizer the same ids', () => {
    for (const text of ['', 'GLIBC_2.2.5\0__libc_start_main\0.text', '\u00e9\u{1f600}'.repeat(40)]) {
      const bytes = new TextEncoder().encode(text)
      expect([...shipped.encode(text)]).toEqual([...family.encode(bytes)])
      expect(shipped.decode(family.encode(bytes))).toBe(text)
    }
    expect([...shipped.encode('<|pad|>')]).toEqual([2])
    expect(family.encode(new TextEncoder().encode('<|pad|>')).every((id) => id > 6)).toBe(true)
  })

  test('is what a run uses when none is given', async () => {
    const { data } = await papers.get('binary-bpe').run(program)
    if (!('files' in data)) throw new Error('Not the method')
    expect(data.files[0]!.sizes.at(-1)).toMatchObject({ size: 16384, tokens: family.count(program) })
    expect(Buffer.compare(family.decode(family.encode(program)), program)).toBe(0)
  })
})

describe('the committed result', () => {
  test('is what the paper shows, with its origin', async () => {
    const result = (await papers.get('binary-bpe').result())!
    expect(result.slug).toBe('binary-bpe')
    expect(result.lossless.files).toBe(result.lossless.of)
    const curve = result.family.map((f) => f.bytesPerToken)
    expect(curve.length).toBeGreaterThanOrEqual(5)
    for (let i = 1; i < curve.length; i++) expect(curve[i]).toBeGreaterThan(curve[i - 1]!)
    const vendors = (split: string) =>
      new Set(result.files.filter((f) => f.split === split).map((f) => f.name.split('/')[0]))
    for (const vendor of vendors('test'))
      if (vendor !== '@node-rs') expect(vendors('train')).not.toContain(vendor)
  })

  test('and the README has its figures', async () => {
    const result = (await papers.get('binary-bpe').result())!
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
    expect(withFigures(readme, figuresOf(result, resultTables(result)))).toBe(readme)
    expect(readme).toContain(
      `| ${result.settings.sizes[0]} | ${Number(result.family[0]!.bytesPerToken.toFixed(3))} |`,
    )
    expect(withFigures('no marks', 'figures')).toBe('no marks')
  })

  test('null when there is none, and an error when it is not JSON', async () => {
    expect(await readResult(pathToFileURL(join(folder, 'none.json')))).toBeNull()
    const broken = join(folder, 'broken.json')
    writeFileSync(broken, '{')
    await expect(readResult(pathToFileURL(broken))).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
  })
})

describe('the experiment', () => {
  test('pins every package, and no package is in two splits', () => {
    for (const item of CORPUS) {
      expect(item.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/)
      expect(item.version).toMatch(/^\d+\.\d+\.\d+$/)
    }
    expect(new Set(CORPUS.map((item) => item.name)).size).toBe(CORPUS.length)
  })

  test('measures what encoding says', async () => {
    const random = new Random(1)
    const files: TestFile[] = ['ELF', 'PE', 'ELF'].map((format, i) => ({
      name: String(i),
      format,
      architectures: [],
      bytes: program.subarray(i * 5000, i * 5000 + 4000 + random.int(2000)),
    }))
    const sizes = [300, 2048].map((size) => Math.min(size, vocabulary.size))
    const measure = await measureFamily(vocabulary, files, sizes, {})
    const family = familyResults(vocabulary, files, sizes, measure)
    const tokens = files.map((file) => vocabulary.encode(file.bytes, { size: sizes[1] }))
    const all = tokens.reduce((n, ids) => n + ids.length, 0)
    const bytes = files.reduce((n, file) => n + file.bytes.length, 0)
    expect(family[1]!.bytesPerToken).toBeCloseTo(bytes / all)
    expect(family[1]!.vocabularyUsed).toBe(new Set(tokens.flatMap((ids) => Array.from(ids))).size / sizes[1]!)
    expect(family[1]!.shareByLength.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1)
    expect(measure.lossless.flat().every(Boolean)).toBe(true)
    const counts = measure.tokens[1]!
    const elf = (files[0]!.bytes.length + files[2]!.bytes.length) / (counts[0]! + counts[2]!)
    expect(byFormat(files, counts).ELF).toBeCloseTo(elf)
    expect(groupResults(files, measure.tokens, (f) => f.format)[0]).toMatchObject({ name: 'ELF', files: 2 })
    expect(spreadOf([1, 2, 3, 6])).toMatchObject({ mean: 3, median: 2.5, min: 1, max: 6 })
    expect(spreadOf([1, 2, 3, 6]).deviation).toBeCloseTo(Math.sqrt(14 / 3))
  })

  test('samples are the same for a seed, in whole chunks, within the budget', () => {
    const file = Uint8Array.from({ length: 1000 }, (_, i) => i & 255)
    const sample = sampleFile(file, 300, 100, new Random(7))
    expect(sample).toEqual(sampleFile(file, 300, 100, new Random(7)))
    expect(sample.length).toBe(300)
    for (let at = 0; at < 300; at += 100) expect(sample[at]! % 4).toBe(0)
    expect(sampleFile(file, 1000, 100, new Random(7))).toBe(file)
    const pool = samplePool([file, file.subarray(0, 250)], 500, 100, new Random(7))
    expect(pool.reduce((n, part) => n + part.length, 0)).toBe(500)
  })

  test('a finished step is not done again, unless its settings change', async () => {
    let made = 0
    const make = async () => ({ made: ++made })
    const steps = new Steps(folder, { seed: 1 })
    expect([await steps.do('a', make), await steps.do('a', make)]).toEqual([{ made: 1 }, { made: 1 }])
    expect(await new Steps(folder, { seed: 1 }).do('a', make)).toEqual({ made: 1 })
    expect(await new Steps(folder, { seed: 2 }).do('a', make)).toEqual({ made: 2 })
    await expect(steps.do('b', () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped')
    expect(await steps.do('b', make)).toEqual({ made: 3 })
  })

  test('archives: plain, prefixed and pax names, and damage', () => {
    const entry = (name: string, type: string, content: string, prefix = '') => {
      const out = Buffer.alloc(512 + Math.ceil(content.length / 512) * 512)
      out.write(name, 0)
      out.write(content.length.toString(8).padStart(11, '0'), 124)
      out.write(type, 156)
      out.write(prefix, 345)
      out.write(content, 512)
      return out
    }
    const long = `package/${'d/'.repeat(80)}f`
    const record = `path=${long}\n`
    const pax = `${record.length + 4} ${record}`
    const tar = Buffer.concat([
      entry('package/a', '0', 'one'),
      entry('b', '0', 'x'.repeat(600), 'package'),
      entry('PaxHeader', 'x', pax),
      entry('cut', '0', 'three'),
      entry('package/dir', '5', ''),
      Buffer.alloc(1024),
    ])
    const files = readTar(tar)
    expect([...files.keys()]).toEqual(['package/a', 'package/b', long])
    expect(files.get('package/b')!.length).toBe(600)
    expect(() => readTar(tar.subarray(0, 1100))).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(tar.length - 1), (noise, at) => {
        const bytes = new Uint8Array(tar)
        bytes.set(noise.subarray(0, bytes.length - at), at)
        try {
          readTar(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(TesseraError)
        }
      }),
    )
  })
})
