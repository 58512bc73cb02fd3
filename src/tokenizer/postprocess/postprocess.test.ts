import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { hostileTexts } from '../models/testing/hostile.ts'
import { inUnits, nativeTokenizer } from '../models/testing/native.ts'
import { plainTokenizer } from '../models/testing/plain.ts'
import { wordLevelTwin } from '../models/testing/specs.ts'
import type { PostProcessorSpec, PreTokenizerSpec, TruncationSpec } from '../spec.ts'
import { compilePostProcessor } from './compile.ts'
import { padRows } from './pad.ts'
import { textPart, type Part } from './part.ts'
import { roomForText, truncateParts } from './truncate.ts'

const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true } as const
const cls: [string, number] = ['[CLS]', 1]
const sep: [string, number] = ['[SEP]', 2]

const template: PostProcessorSpec = {
  type: 'TemplateProcessing',
  single: [
    { SpecialToken: { id: 'start', type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '[SEP]', type_id: 3 } },
  ],
  pair: [
    { Sequence: { id: 'B', type_id: 2 } },
    { SpecialToken: { id: '[SEP]', type_id: 0 } },
    { SpecialToken: { id: 'start', type_id: 1 } },
    { Sequence: { id: 'A', type_id: 1 } },
  ],
  special_tokens: {
    start: { id: 'start', ids: [1, 3], tokens: ['[CLS]', '[X]'] },
    '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
  },
}
const twice: PostProcessorSpec = {
  type: 'TemplateProcessing',
  single: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'A', type_id: 1 } }],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }],
  special_tokens: {},
}

const SPECS: (PostProcessorSpec | null)[] = [
  null,
  template,
  twice,
  { type: 'BertProcessing', cls, sep },
  { type: 'RobertaProcessing', cls, sep, trim_offsets: true, add_prefix_space: true },
  { type: 'RobertaProcessing', cls, sep, trim_offsets: true, add_prefix_space: false },
  { type: 'RobertaProcessing', cls, sep, trim_offsets: false, add_prefix_space: false },
  byteLevel,
  { ...byteLevel, add_prefix_space: false },
  { ...byteLevel, trim_offsets: false },
  { type: 'Sequence', processors: [byteLevel, template] },
  { type: 'Sequence', processors: [template, { ...byteLevel, add_prefix_space: false }] },
  { type: 'Sequence', processors: [{ type: 'BertProcessing', cls, sep }, template] },
  { type: 'Sequence', processors: [] },
]

/** Words with spaces at their ends, whose offsets are trimmed; everything else is unknown. */
const letters = plainLetters()
function plainLetters() {
  const twin = wordLevelTwin(['<unk>', '[CLS]', '[SEP]', '[X]', 'Ġa', 'Ġ', 'a', 'ĠĠĠ', 'Ġb', 'c'])
  const preTokenizer: PreTokenizerSpec = { ...byteLevel, add_prefix_space: false }
  return { twin, preTokenizer }
}
const texts = [
  '',
  'a',
  ' a',
  '   a b ',
  'a b c a b c a b c',
  ' \u3000 a',
  'c   a🙂 b',
  ...hostileTexts(40, 8, 6),
]

function view(part: Part) {
  const details = part.details!
  return {
    ids: [...part.ids],
    tokens: [...details.tokens],
    types: [...details.typeIds],
    mask: [...details.specialMask],
    texts: [...details.texts],
  }
}

describe('post-processors equal the native library', () => {
  it.each(SPECS.map((spec) => [JSON.stringify(spec), spec] as const))('%s', async (_name, spec) => {
    const { twin, preTokenizer } = letters
    const native = nativeTokenizer({ model: twin.json, preTokenizer, postProcessor: spec })
    const plain = plainTokenizer({ model: twin.spec, preTokenizer, postProcessor: spec })
    for (const a of texts) {
      for (const b of [undefined, texts[(texts.indexOf(a) * 7 + 3) % texts.length]!]) {
        for (const addSpecialTokens of [true, false]) {
          const expected = await native.encode(a, b ?? null, { addSpecialTokens })
          const got = plain.encode(a, b, addSpecialTokens)
          const name = JSON.stringify([a, b, addSpecialTokens])
          const { ids, types, mask, texts: whose } = view(got)
          expect(ids, name).toEqual(expected.getIds())
          expect(types, name).toEqual(expected.getTypeIds())
          expect(mask, name).toEqual(expected.getSpecialTokensMask())
          // Offsets are in the token's own text; special tokens have 0, 0.
          const offsets = expected.getOffsets().flatMap((range, i) => {
            const source = whose[i] === 1 ? b! : whose[i] === 0 ? a : ''
            return inUnits(source, [range as [number, number]])
          })
          expect([...got.details!.offsets], name).toEqual(offsets)
        }
      }
    }
  })

  it('frames bare ids, or says that it cannot', () => {
    const { frame, added } = compilePostProcessor(template, [])
    expect([[...frame!.before], [...frame!.after]]).toEqual([[1, 3], [2]])
    expect([added(false), added(true)]).toEqual([3, 3])
    expect(compilePostProcessor(twice, []).frame).toBeNull()
    expect(compilePostProcessor(null, []).frame).toEqual({
      before: new Uint32Array(0),
      after: new Uint32Array(0),
    })
    const sequence = compilePostProcessor({ type: 'Sequence', processors: [byteLevel, template] }, [])
    expect([...sequence.frame!.before]).toEqual([1, 3])
    const bare = sequence.apply(
      { ids: Uint32Array.of(9), details: null },
      { ids: Uint32Array.of(8), details: null },
      true,
    )
    expect([...bare.ids]).toEqual([8, 2, 1, 3, 9])
    expect(bare.details).toBeNull()
  })

  it('refuses templates that cannot be applied', () => {
    const invalid = (changes: object) => () =>
      compilePostProcessor({ ...template, ...changes } as PostProcessorSpec, [])
    const code = expect.objectContaining({ code: 'FORMAT_INVALID' })
    expect(invalid({ special_tokens: {} })).toThrow(code)
    expect(invalid({ single: [{ SpecialToken: { id: 'constructor', type_id: 0 } }] })).toThrow(code)
    expect(invalid({ single: [{ Sequence: { id: 'B', type_id: 0 } }] })).toThrow(code)
    expect(invalid({ single: [{ Sequence: { id: 'A', type_id: 256 } }] })).toThrow(code)
    expect(invalid({ special_tokens: { start: { id: 'start', ids: [1], tokens: [] } } })).toThrow(code)
    const two: PostProcessorSpec = { type: 'Sequence', processors: [template, template] }
    expect(() => compilePostProcessor(two, [])).toThrow(
      expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }),
    )
  })
})

describe('truncation', () => {
  const strategies = ['LongestFirst', 'OnlyFirst', 'OnlySecond'] as const
  const directions = ['Left', 'Right'] as const
  /** One token per piece, so that the native library's early stop does not change the lengths it compares. */
  const words = (count: number) => 'a'.repeat(count)
  const preTokenizer: PreTokenizerSpec = { type: 'FixedLength', length: 1 }

  it('equals the native library', async () => {
    const { twin } = letters
    const post = compilePostProcessor(template, [])
    const random = new Random(1)
    for (let n = 0; n < 250; n++) {
      const truncation: TruncationSpec = {
        strategy: random.pick(strategies),
        direction: random.pick(directions),
        max_length: 3 + random.int(10),
        stride: 0,
      }
      const pair = random.int(2) === 1
      if (truncation.strategy === 'OnlySecond' && !pair) continue
      const native = nativeTokenizer({ model: twin.json, preTokenizer, postProcessor: template, truncation })
      const plain = plainTokenizer({ model: twin.spec, preTokenizer })
      const longest = pair ? truncation.max_length : 30
      const a = words(random.int(longest))
      const b = pair ? words(random.int(longest)) : null
      const expected = await native.encode(a, b).then(
        (encoding) => encoding.getIds(),
        () => null,
      )
      let got: number[] | null = null
      try {
        const room = roomForText(truncation.max_length, post.added(pair))
        const [partA, partB] = truncateParts(
          plain.part(a),
          b === null ? null : plain.part(b, 1),
          room,
          truncation.strategy,
          truncation.direction,
        )
        got = [...post.apply(partA, partB, true).ids]
      } catch (error) {
        expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' })
      }
      expect(got, JSON.stringify([truncation, a.length, b?.length])).toEqual(expected)
    }
  })

  it('keeps the right end, with everything that goes with it', () => {
    const part = textPart(Uint32Array.of(1, 2, 3), ['a', 'b', 'c'], Uint32Array.of(0, 1, 1, 2, 2, 3), 'abc')
    const [left] = truncateParts(part, null, 2, 'LongestFirst', 'Left')
    expect(view(left)).toMatchObject({ ids: [2, 3], tokens: ['b', 'c'] })
    expect([...left.details!.offsets]).toEqual([1, 2, 2, 3])
    expect(truncateParts(part, null, 3, 'LongestFirst', 'Left')[0]).toBe(part)
    expect(truncateParts(part, part, 0, 'OnlyFirst', 'Left').map((p) => p!.ids.length)).toEqual([0, 0])
  })

  it('shares the room of a pair by length', () => {
    const part = (n: number): Part => ({ ids: new Uint32Array(n), details: null })
    const kept = (a: number, b: number, room: number) =>
      truncateParts(part(a), part(b), room, 'LongestFirst', 'Right').map((p) => p!.ids.length)
    expect(kept(100, 3, 10)).toEqual([7, 3])
    expect(kept(3, 100, 10)).toEqual([3, 7])
    expect(kept(100, 50, 11)).toEqual([6, 5])
    expect(kept(50, 100, 11)).toEqual([5, 6])
    expect(kept(5, 5, 20)).toEqual([5, 5])
  })

  it('says what is wrong', () => {
    const code = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
    const part: Part = { ids: new Uint32Array(5), details: null }
    expect(() => roomForText(2, 3)).toThrow(code)
    expect(() => truncateParts(part, null, 2, 'OnlySecond', 'Right')).toThrow(code)
    expect(() => truncateParts(part, part, 5, 'OnlyFirst', 'Right')).toThrow(code)
  })
})

describe('padding', () => {
  it('equals the native library', async () => {
    const { twin } = letters
    for (const direction of ['Left', 'Right'] as const) {
      for (const strategy of ['BatchLongest', { Fixed: 9 }] as const) {
        for (const multiple of [null, 0, 4]) {
          const padding = {
            strategy,
            direction,
            pad_to_multiple_of: multiple,
            pad_id: 3,
            pad_type_id: 0,
            pad_token: '[X]',
          }
          const preTokenizer: PreTokenizerSpec = { type: 'FixedLength', length: 1 }
          const native = nativeTokenizer({ model: twin.json, preTokenizer, padding })
          const rows = ['aaa', 'a', '', 'aacaa']
          const expected = await native.encodeBatch(rows)
          const ids = rows.map((row) => [...row].map((c) => (c === 'a' ? 6 : 9)))
          const got = padRows(ids, {}, padding)
          expect([...got.ids]).toEqual(expected.flatMap((encoding) => encoding.getIds()))
          expect([...got.attentionMask]).toEqual(expected.flatMap((encoding) => encoding.getAttentionMask()))
          expect([got.rows, got.length]).toEqual([4, expected[0]!.getIds().length])
        }
      }
    }
  })

  it('lets options stand over the setting and says what is wrong', () => {
    expect([...padRows([[1], [2, 3]], { side: 'left', padId: 9 }).ids]).toEqual([9, 1, 2, 3])
    expect(padRows([], {})).toMatchObject({ rows: 0, length: 0 })
    const code = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
    expect(() => padRows([[1, 2, 3]], { length: 2 })).toThrow(code)
    expect(() => padRows([[1]], { length: 1.5 })).toThrow(code)
    expect(() => padRows([[1]], { padId: -1 })).toThrow(code)
    expect(() => padRows([[1]], { multipleOf: 2 ** 32 })).toThrow(code)
    expect(() => padRows([[1], [1]], { length: 2 ** 32 - 1 })).toThrow(code)
  })
})
