// The Tokenizer as a whole, on built-in vocabularies and on small specifications made here. That ids are
// those of the references is the business of test/conformance.
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { hostileStrings, visible } from '../../test/conformance/hostile.ts'
import { TesseraError } from '../core/index.ts'
import { createTokenizer, loadTokenizer, type Tokenizer, type TokenizerSpec } from './index.ts'

let o200k: Tokenizer
let r50k: Tokenizer
let qwen3: Tokenizer
beforeAll(async () => {
  o200k = await loadTokenizer('o200k_base')
  r50k = await loadTokenizer('r50k_base')
  qwen3 = await loadTokenizer('qwen3')
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof TesseraError) return error.code
    throw error
  }
  return 'no error'
}

/** A tokenizer around o200k's model with something else about it. */
const like = (change: Partial<TokenizerSpec>): Tokenizer => createTokenizer({ ...o200k.spec, ...change })

describe('encode', () => {
  it('knows the ids that everybody knows', () => {
    expect([...o200k.encode('hello world')]).toEqual([24912, 2375])
    expect([...r50k.encode('hello world')]).toEqual([31373, 995])
    expect([...o200k.encode('')]).toEqual([])
  })

  it('takes bytes as the text that they are', () => {
    for (const text of hostileStrings(21, 300)) {
      const bytes = new TextEncoder().encode(text)
      expect([...o200k.encode(bytes)]).toEqual([...o200k.encode(text)])
      expect(o200k.count(bytes)).toBe(o200k.count(text))
    }
  })

  it.each(['NFC', 'NFD', 'NFKC', 'NFKD'] as const)('passes %s by only where it changes nothing', (type) => {
    const special = { ...qwen3.spec.addedTokens[0]!, content: 'e\u0301', special: false }
    for (const normalized of [false, true]) {
      const spec: TokenizerSpec = {
        ...qwen3.spec,
        normalizer: { type: 'Sequence', normalizers: [{ type }] },
        addedTokens: [{ ...special, normalized }],
      }
      const fast = createTokenizer(spec)
      const plain = createTokenizer(spec, { lane: 'plain' })
      const unit = fc.constantFrom(
        ...'ae 1\u009f\u00a0\u00bd\u00bf\u00c0\u00e9\u02ff\u0300\u0301\u0345\ud800\udc00',
      )
      fc.assert(
        fc.property(fc.string({ unit, maxLength: 8 }), (text) => {
          expect([...fast.encode(text)]).toEqual([...plain.encode(text)])
          expect(fast.count(text)).toBe(plain.count(text))
        }),
        { numRuns: 300 },
      )
    }
  })

  it('takes any bytes, and gives them back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const ids = o200k.encode(bytes)
        expect([...o200k.decodeBytes(ids)]).toEqual([...bytes])
        expect(o200k.count(bytes)).toBe(ids.length)
      }),
      { numRuns: 300 },
    )
  })

  it('treats special tokens as asked', () => {
    const text = 'a<|endoftext|>b'
    expect([...o200k.encode(text)]).not.toContain(199999)
    expect([...o200k.encode(text, { specials: 'parse' })]).toContain(199999)
    expect(codeOf(() => o200k.encode(text, { specials: 'refuse' }))).toBe('SPECIAL_TOKEN_REFUSED')
    expect(codeOf(() => o200k.count(text, { specials: 'refuse' }))).toBe('SPECIAL_TOKEN_REFUSED')
    expect([...qwen3.encode('<|im_start|>')]).toHaveLength(1)
    expect(qwen3.encode('<|im_start|>', { specials: 'text' }).length).toBeGreaterThan(1)
  })

  it('refuses what is neither text nor bytes', () => {
    expect(codeOf(() => o200k.encode(7 as unknown as string))).toBe('ARGUMENT_INVALID')
    expect(codeOf(() => o200k.count(null as unknown as string))).toBe('ARGUMENT_INVALID')
  })

  it('encodes a text in windows as it encodes it whole', () => {
    const random = hostileStrings(22, 4000).join(' and so the text goes on\n')
    const whole = like({})
    const parts = [...o200k.encode(random)]
    // Without a place to cut there is one window: the same text with its safe places taken away from view.
    const uncut = createTokenizer({
      ...o200k.spec,
      normalizer: { type: 'Replace', pattern: { String: '\u{10fffe}' }, content: '' },
    })
    expect(parts).toEqual([...uncut.encode(random)])
    expect(parts).toEqual([...whole.encode(random)])
    expect(o200k.count(random)).toBe(parts.length)
  })
})

describe('offsets', () => {
  it('slice the text in UTF-16 units and in bytes', () => {
    for (const text of hostileStrings(23, 500).map((one) => one.toWellFormed())) {
      const { ids, offsets, byteOffsets, tokens } = o200k.encode(text, { offsets: true })
      expect([...ids]).toEqual([...o200k.encode(text)])
      expect(tokens).toHaveLength(ids.length)
      const bytes = new TextEncoder().encode(text)
      let at = 0
      ids.forEach((id, i) => {
        // Byte-level tokens tile the bytes of the text.
        expect(byteOffsets[2 * i]).toBe(at)
        at = byteOffsets[2 * i + 1]!
        expect([...bytes.subarray(byteOffsets[2 * i], at)], visible(text)).toEqual([...o200k.info(id).bytes])
        const covered = new TextEncoder().encode(text.slice(offsets[2 * i], offsets[2 * i + 1]))
        expect(covered.length).toBeGreaterThanOrEqual(at - byteOffsets[2 * i]!)
      })
      expect(at).toBe(bytes.length)
    }
  })

  it('lead through a normalizer to the source', () => {
    const text = 'Cafe\u0301 ok'
    const { offsets, tokens } = qwen3.encode(text, { offsets: true })
    expect(tokens.join('')).toBe('CafÃ©Ġok')
    expect(text.slice(0, offsets[2 * (tokens.length - 1) - 1])).toBe('Cafe\u0301')
  })

  it('are bytes for bytes', () => {
    const bytes = new TextEncoder().encode('é ok')
    const { offsets, byteOffsets } = o200k.encode(bytes, { offsets: true })
    expect([...offsets]).toEqual([...byteOffsets])
    expect(offsets.at(-1)).toBe(bytes.length)
  })
})

describe('count', () => {
  it('stops at a limit', () => {
    const text = 'one two three four five'
    const n = o200k.encode(text).length
    expect(o200k.countUpTo(text, n)).toBe(n)
    expect(o200k.countUpTo(text, n - 1)).toBeNull()
    expect(o200k.countUpTo('x '.repeat(1_000_000), 10)).toBeNull()
    expect(codeOf(() => o200k.countUpTo(text, Number.NaN))).toBe('ARGUMENT_INVALID')
  })
})

describe('decode', () => {
  it('refuses ids that the vocabulary does not have', () => {
    for (const id of [-1, 1.5, 199_998.5, 1e9, Number.NaN, 2 ** 30, 2 ** 32]) {
      expect(codeOf(() => o200k.decode([id]))).toBe('ID_OUT_OF_RANGE')
      expect(codeOf(() => o200k.decodeBytes([id]))).toBe('ID_OUT_OF_RANGE')
      expect(codeOf(() => o200k.decoder().push(id))).toBe('ID_OUT_OF_RANGE')
      expect(codeOf(() => o200k.info(id))).toBe('ID_OUT_OF_RANGE')
    }
    expect(o200k.decode([])).toBe('')
  })

  it('keeps a byte-order mark', () => {
    expect(o200k.decode(o200k.encode('\ufeffhello'))).toBe('\ufeffhello')
  })

  it('streams whole characters only, and the same text in the end', () => {
    for (const tokenizer of [o200k, qwen3]) {
      for (const text of ['👨‍👩‍👧 und 🇩🇪', '한국어 ไทย', ...hostileStrings(24, 300)]) {
        const ids = tokenizer.encode(text)
        const stream = tokenizer.decoder()
        let out = ''
        for (const id of ids) {
          const piece = stream.push(id)
          expect(piece.isWellFormed()).toBe(true)
          out += piece
        }
        expect(out + stream.end(), visible(text)).toBe(tokenizer.decode(ids))
      }
    }
  })

  it('ends an incomplete character with U+FFFD', () => {
    const [first] = o200k.encode(Uint8Array.of(0xf0, 0x9f))
    const stream = o200k.decoder()
    expect(stream.push(first!)).toBe('')
    expect(stream.end()).toBe('\ufffd')
  })
})

describe('a growing text', () => {
  it('has the ids of the whole at every step, and a prefix that stays', () => {
    for (const tokenizer of [o200k, r50k, qwen3]) {
      for (const text of [
        'The quick brown fox.\nAnd then:\n\n  indented code\n\tx = 1 // done\nlast words here',
        ...hostileStrings(25, 60).map((one) => one.toWellFormed()),
      ]) {
        const growing = tokenizer.incremental()
        let sofar = ''
        let settled: number[] = []
        for (const part of text.match(/[^]{1,5}/gu) ?? []) {
          growing.append(part)
          sofar += part
          const ids = [...growing.ids]
          expect(ids, visible(sofar)).toEqual([...tokenizer.encode(sofar)])
          expect(ids.slice(0, settled.length)).toEqual(settled)
          settled = ids.slice(0, growing.stable)
        }
      }
    }
  })

  it('settles as it goes', () => {
    const growing = o200k.incremental()
    for (let i = 0; i < 100; i++) growing.append('one more sentence of it, ')
    expect(growing.stable).toBeGreaterThan(500)
    expect(codeOf(() => o200k.incremental({ maxLength: 3 }))).toBe('ARGUMENT_INVALID')
  })
})

describe('templates, pairs, truncation, padding', () => {
  const framed = () =>
    like({
      reference: 'huggingface',
      postProcessor: {
        type: 'BertProcessing',
        cls: ['<|endoftext|>', 199999],
        sep: ['<|endofprompt|>', 200018],
      },
    })

  it('put a template around one text or two', () => {
    const tokenizer = framed()
    expect([...tokenizer.encode('hello world')]).toEqual([199999, 24912, 2375, 200018])
    expect([...tokenizer.encode('hello world', { template: false })]).toEqual([24912, 2375])
    const pair = tokenizer.encodePair('hello', 'world')
    expect([...pair.typeIds]).toEqual([0, 0, 0, 1, 1])
    expect([...pair.specialMask]).toEqual([1, 0, 1, 0, 1])
    expect(tokenizer.count('hello world')).toBe(4)
  })

  it('cut to a length that includes the template', () => {
    const tokenizer = framed()
    const text = 'one two three four five six'
    expect([...tokenizer.encode(text, { maxLength: 5 })]).toEqual([
      199999,
      ...tokenizer.encode('one two three', { template: false }),
      200018,
    ])
    const left = tokenizer.encode(text, { maxLength: 4, truncateSide: 'left', offsets: true })
    expect(text.slice(left.offsets[2], left.offsets[5])).toBe(' five six')
    expect(tokenizer.count(text, { maxLength: 5 })).toBe(5)
    expect(codeOf(() => tokenizer.encode(text, { maxLength: 1 }))).toBe('ARGUMENT_INVALID')
    expect(codeOf(() => tokenizer.encode(text, { maxLength: -1 }))).toBe('ARGUMENT_INVALID')
  })

  it('pad rows to one length', () => {
    const batch = o200k.pad([[1, 2, 3], [4]], { side: 'left', padId: 9, multipleOf: 4 })
    expect([batch.rows, batch.length]).toEqual([2, 4])
    expect([...batch.ids]).toEqual([9, 1, 2, 3, 9, 9, 9, 4])
    expect([...batch.attentionMask]).toEqual([0, 1, 1, 1, 0, 0, 0, 1])
  })
})

describe('inspection', () => {
  it('draws the merges of a word', () => {
    const trees = o200k.mergeTree(' tokenization')
    expect(trees.map((tree) => tree.id)).toEqual([...o200k.encode(' tokenization')])
    for (const tree of trees) {
      const leaves = (node: (typeof trees)[number]): number[] =>
        node.children ? node.children.flatMap(leaves) : [...node.bytes]
      expect(leaves(tree)).toEqual([...tree.bytes])
    }
    expect(codeOf(() => o200k.mergeTree('a'.repeat(10_000)))).toBe('ARGUMENT_INVALID')
  })

  it('tells of an id and of a token', () => {
    expect(o200k.info(24912)).toMatchObject({ token: 'hello', special: false, added: false })
    expect(o200k.info(199999)).toMatchObject({ token: '<|endoftext|>', special: true, added: true })
    expect(o200k.idOf('hello')).toBe(24912)
    expect(o200k.idOf('<|endoftext|>')).toBe(199999)
    expect(o200k.idOf('no such token at all')).toBe(-1)
    expect(o200k.vocabSize).toBe(200019)
  })
})
