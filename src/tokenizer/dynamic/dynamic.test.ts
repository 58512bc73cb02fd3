import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstMalformedByte, utf8Decode, utf8Encode } from '../../core/index.ts'
import { compilePreTokenizer } from '../pretokenize/index.ts'
import { aligned } from '../aligned.ts'
import { BaseTokens } from './base-tokens.ts'
import type { DynamicBatch } from './batch.ts'
import { DynamicTokenizer } from './dynamic-tokenizer.ts'
import { mergeRule } from './merge-rule.ts'
import { BatchMerges } from './merge-batch.ts'
import { dynamicOfBase, leftmost, rangeOf } from './positions.ts'
import { LONGEST_TOKEN, Symbols } from './symbols.ts'
import { anyBatch, anyText, bases, BOUNDARIES, CORPUS, EDGES, unigram } from './testing/bases.ts'
import { recountBatch } from './testing/recount.ts'

/** Base ids of a state, token by token. */
function idsOf(batch: DynamicBatch, merges: number): number[][][] {
  return batch.at(merges).texts.map(({ starts }, t) => {
    const { ids } = batch.base[t]!
    return Array.from({ length: starts.length - 1 }, (_, i) =>
      Array.from(ids.subarray(starts[i]!, starts[i + 1]!)),
    )
  })
}

describe.each(bases)('dynamic tokenization over %s', (_name, base) => {
  const texts = anyBatch.map((batch) => (base === unigram ? batch.map((text) => text.toWellFormed()) : batch))

  test('base tokens are those of encode, and pretokens begin where the pre-tokenizer cuts', () => {
    const tokens = new BaseTokens(base, {})
    fc.assert(
      fc.property(anyText, (text) => {
        const { ids, begins, offsets, byteOffsets, template } = tokens.encode(text)
        const encoding = base.encode(text, { offsets: true })
        expect(ids).toEqual(encoding.ids)
        expect(offsets).toEqual(encoding.offsets)
        expect(byteOffsets).toEqual(encoding.byteOffsets)
        expect(begins.length).toBe(ids.length)
        if (ids.length > 0) expect(begins[0]).toBe(1)
        expect(template).toEqual(encoding.specialMask)
      }),
    )
  })

  test.each(BOUNDARIES)(
    '%s: concatenated, the tokens are the base tokens; more merges never lengthen',
    async (boundary) => {
      const dynamic = new DynamicTokenizer(base, { boundary })
      await fc.assert(
        fc.asyncProperty(texts, async (batch) => {
          const done = await dynamic.merge(batch)
          const lengths = batch.map((_, t) => done.lengths(t))
          for (const m of [0, 1, 2, Math.floor(done.merges / 2), done.merges]) {
            const state = done.at(m)
            idsOf(done, m).forEach((tokens, t) => {
              expect(tokens.flat()).toEqual(Array.from(base.encode(batch[t]!)))
              expect(tokens.length).toBe(lengths[t]![Math.min(m, done.merges)])
              if (m === 0) expect(tokens.every((token) => token.length === 1)).toBe(true)
              tokens.forEach((pieces, i) => {
                const token = state.tokens[state.texts[t]!.tokens[i]!]!
                const joined = pieces.flatMap((id) => Array.from(base.info(id).bytes))
                expect(Array.from(token.bytes)).toEqual(joined)
                if (pieces.length > 1) expect(pieces.some((id) => base.info(id).special)).toBe(false)
              })
            })
          }
          for (const curve of lengths) {
            for (let m = 1; m < curve.length; m++) expect(curve[m]!).toBeLessThanOrEqual(curve[m - 1]!)
          }
          const whole = done.lengths()
          for (let m = 1; m < whole.length; m++) {
            expect(whole[m - 1]! - whole[m]!).toBe(done.merge(m).places)
            expect(done.merge(m).places).toBeGreaterThan(0)
          }
        }),
        { numRuns: 40 },
      )
    },
  )

  test.each(BOUNDARIES)('%s: kept counts make the merges of counting anew, cut off anywhere', (boundary) => {
    const tokens = new BaseTokens(base, {})
    const allows = mergeRule(base.spec, boundary)
    fc.assert(
      fc.property(texts, fc.nat(30), (batch, most) => {
        const symbols = new Symbols(tokens, allows)
        const encoded = batch.map((text) => tokens.encode(text))
        const rows = encoded.map(({ ids }) => Array.from(ids, (id) => symbols.ofBase(id)))
        const walls = encoded.map(({ begins }) =>
          Array.from(begins, (b) => (boundary === 'pretokens' ? b : 0)),
        )
        const plain = recountBatch(symbols, rows, walls, most)
        const starts = [0]
        for (const row of rows) starts.push(starts.at(-1)! + row.length)
        const run = new BatchMerges(
          symbols,
          Int32Array.from(rows.flat()),
          starts,
          Uint8Array.from(walls.flat()),
        )
        while (run.merges.length < most && run.step());
        expect(run.merges).toEqual(plain.merges)
        const left = Array.from(run.joinedAt, (step) => (step === 0 ? 1 : 0))
        rows.forEach((_, t) => {
          const kept = left.slice(starts[t], starts[t + 1]).filter((first) => first === 1)
          expect(kept.length).toBe(plain.texts[t]!.length)
        })
      }),
      { numRuns: 60 },
    )
  })

  test('no token spans two pretokens, or two words', async () => {
    const pretokens = new DynamicTokenizer(base, { boundary: 'pretokens' })
    const words = new DynamicTokenizer(base, { boundary: 'word' })
    const split = compilePreTokenizer({ type: 'WhitespaceSplit' }, 'huggingface')
    await fc.assert(
      fc.asyncProperty(texts, async (batch) => {
        const done = await pretokens.merge(batch)
        done.at(done.merges).texts.forEach(({ starts }, t) => {
          const { begins } = done.base[t]!
          for (let i = 0; i + 1 < starts.length; i++) {
            for (let at = starts[i]! + 1; at < starts[i + 1]!; at++) expect(begins[at]).toBe(0)
          }
        })
        const worded = await words.merge(batch)
        for (let m = 1; m <= worded.merges; m++) {
          const { bytes } = worded.merge(m).made
          if (firstMalformedByte(bytes) < 0) expect(split([aligned(utf8Decode(bytes), false)]).length).toBe(1)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('a batch is deterministic, whatever was merged before it', async () => {
    const dynamic = new DynamicTokenizer(base)
    const fresh = new DynamicTokenizer(base)
    await dynamic.merge(CORPUS.map((text) => text.repeat(2)))
    const shown = (batch: DynamicBatch) => Array.from({ length: batch.merges }, (_, m) => batch.merge(m + 1))
    expect(shown(await dynamic.merge(CORPUS))).toEqual(shown(await fresh.merge(CORPUS)))
  })

  test('edge cases: nothing, white space, a long run, emoji, special tokens in the text, a batch of one', async () => {
    for (const boundary of BOUNDARIES) {
      const dynamic = new DynamicTokenizer(base, { boundary })
      expect((await dynamic.merge([])).merges).toBe(0)
      for (const edge of [...EDGES.map((text) => [text]), EDGES]) {
        const done = await dynamic.merge(edge)
        idsOf(done, done.merges).forEach((tokens, t) => {
          expect(tokens.flat()).toEqual(Array.from(base.encode(edge[t]!)))
        })
        for (const { bytes } of done.at(done.merges).tokens)
          expect(bytes.length).toBeLessThanOrEqual(LONGEST_TOKEN)
      }
    }
  })

  test('positions lead back: base token ↔ dynamic token ↔ bytes and UTF-16 units', async () => {
    const dynamic = new DynamicTokenizer(base)
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(20), async (batch, most) => {
        const done = await dynamic.merge(batch, { merges: most })
        done.at(most).texts.forEach(({ starts, tokens }, t) => {
          const text = done.base[t]!
          const of = dynamicOfBase(starts)
          expect(of.length).toBe(text.ids.length)
          expect(leftmost(starts, of)).toEqual(Array.from(tokens, (_, i) => i))
          let byte = 0
          for (let i = 0; i + 1 < starts.length; i++) {
            for (let at = starts[i]!; at < starts[i + 1]!; at++) expect(of[at]).toBe(i)
            const units = rangeOf(text, starts, i, 'utf16')!
            const bytes = rangeOf(text, starts, i, 'bytes')!
            expect(bytes.start).toBeLessThanOrEqual(bytes.end)
            // Tokens that share a character's bytes share its units; in units they may overlap.
            expect(units.start).toBe(text.offsets![2 * starts[i]!])
            expect(utf8Encode(batch[t]!.toWellFormed().slice(0, units.start)).length).toBeLessThanOrEqual(
              bytes.start,
            )
            expect(bytes.start).toBeGreaterThanOrEqual(byte)
            byte = bytes.start
          }
        })
      }),
      { numRuns: 40 },
    )
  })
})
