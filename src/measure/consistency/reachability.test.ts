// Which tokens texts reach, and which tokens look alike, against trying every short text and every pair.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import { everyText, tinyTokenizer, tinyVocabulary, UNITS, wholeTextVocabulary } from '../testing/tiny.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { mergeStructure } from './merge-structure.ts'
import { reachability } from './reachability.ts'
import { twinsOf, type TwinKind } from './twins.ts'

const HOW = { specials: 'text', template: false } as const
const TEXTS = everyText(UNITS, 4)

/** Ids that occur in any text of at most four characters. */
function metIn(tokenizer: Tokenizer): Set<number> {
  const met = new Set<number>()
  for (const text of TEXTS) for (const id of tokenizer.encode(text, HOW)) met.add(id)
  return met
}

const whole = (tokenizer: Tokenizer, id: number): string | null => {
  const text = utf8Decode(tokenizer.decodeBytes([id]))
  return utf8Encode(text).join() === tokenizer.decodeBytes([id]).join() ? text : null
}

test('no token that a text holds is called unreachable, and each witness holds its token', async () => {
  await fc.assert(
    fc.asyncProperty(tinyVocabulary, async (tokenizer) => {
      const { tokens, byOwnText, others } = await reachability(tokenizer)
      expect(tokens).toBe(tokenizer.vocabSize)
      expect(byOwnText + others.length).toBe(tokens)
      const met = metIn(tokenizer)
      for (const reach of others) {
        if (reach.verdict === 'never') expect(met.has(reach.id)).toBe(false)
        if (reach.verdict === 'reached') expect(tokenizer.encode(reach.witness, HOW)).toContain(reach.id)
      }
    }),
    { numRuns: 6 },
  )
})

test('without a pre-tokenizer every token is decided: never = in no short text', async () => {
  await fc.assert(
    fc.asyncProperty(wholeTextVocabulary, async (tokenizer) => {
      const { others } = await reachability(tokenizer)
      const structure = (await mergeStructure(tokenizer))!
      const never = new Set(others.filter((reach) => reach.verdict === 'never').map((reach) => reach.id))
      const met = metIn(tokenizer)
      const letters = new Set(UNITS.flatMap((unit) => [...utf8Encode(unit)]))
      for (let id = 0; id < tokenizer.vocabSize; id++) {
        const bytes = tokenizer.decodeBytes([id])
        // Longer tokens do not fit into the short texts.
        if (bytes.length > 4 || !bytes.every((byte) => letters.has(byte))) continue
        const text = whole(tokenizer, id)
        if (text === null) continue
        expect([id, never.has(id)]).toEqual([id, !met.has(id)])
        // Merges are local: a token is in some text if its own text alone gives it.
        expect(structure.merges[id] === 1).toBe([...tokenizer.encode(text, HOW)].join() === String(id))
      }
    }),
    { numRuns: 6 },
  )
})

test('the reasons: merges that miss their token, bytes of no text', async () => {
  const [a, b] = [utf8Encode('a'), utf8Encode('b')]
  const tokenizer = tinyTokenizer([[a, b]], { extra: [utf8Encode('ba'), Uint8Array.of(0xff, 0xfe)] })
  const { others } = await reachability(tokenizer)
  expect(others.find((reach) => reach.id === 257)).toEqual({ id: 257, verdict: 'never', reason: 'merges' })
  expect(others.find((reach) => reach.id === 258)).toEqual({ id: 258, verdict: 'never', reason: 'not UTF-8' })
  expect(others.some((reach) => reach.id === 256)).toBe(false)
})

test('twins are the pairs that differ in one way only', async () => {
  const spelled = fc.string({
    unit: fc.constantFrom('a', 'A', ' ', '\n', 'é', 'e\u0301', 'E'),
    minLength: 1,
    maxLength: 3,
  })
  const alike: Record<TwinKind, (text: string) => string> = {
    space: (text) => text.trimStart() || text,
    case: (text) => text.toLowerCase(),
    'normal form': (text) => text.normalize('NFC'),
    bytes: () => '',
  }
  await fc.assert(
    fc.asyncProperty(fc.array(spelled, { maxLength: 12 }), async (texts) => {
      const tokenizer = tinyTokenizer([], { extra: texts.map((text) => utf8Encode(text)) })
      const { kinds } = await twinsOf(tokenizer, { groups: 1000 })
      const ids = Array.from({ length: tokenizer.vocabSize }, (_, id) => id)
      const tokens = ids.flatMap((id) => {
        const text = whole(tokenizer, id)
        return text === null ? [] : [{ id, text }]
      })
      for (const kind of ['space', 'case', 'normal form'] as const) {
        const key = alike[kind]
        const twinned = tokens.filter(({ text }) =>
          tokens.some((other) => other.text !== text && key(other.text) === key(text)),
        )
        expect(kinds[kind].groups.flat().sort((x, y) => x - y)).toEqual(twinned.map(({ id }) => id))
        expect(kinds[kind].tokens).toBe(twinned.length)
      }
    }),
    { numRuns: 40 },
  )
})

test('ids with the same bytes are twins of that kind and of no other', async () => {
  const bytes = utf8Encode('ab')
  const base = tinyTokenizer([], { extra: [bytes, utf8Encode(' ab')] })
  const { vocab } = base.spec.model
  const { createTokenizer, Vocab } = await import('../../tokenizer/index.ts')
  const parts = Array.from({ length: vocab.size }, (_, id) => vocab.bytesOf(id))
  const cd = utf8Encode('cd')
  const doubled = createTokenizer({
    ...base.spec,
    model: { ...base.spec.model, vocab: Vocab.fromBytes([...parts, cd, cd], 'bytes') },
  })
  const { kinds } = await twinsOf(doubled, { groups: 1000 })
  expect(kinds.bytes).toEqual({ tokens: 2, groups: [[258, 259]] })
  expect(kinds.space.groups).toContainEqual([256, 257])
  for (const kind of ['space', 'case', 'normal form'] as const) {
    expect(kinds[kind].groups.flat()).not.toContain(258)
    expect(kinds[kind].tokens).toBe(kinds[kind].groups.flat().length)
  }
})
