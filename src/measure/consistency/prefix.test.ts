// Prefix instability against cutting the text everywhere and comparing ids.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tinyText, tinyVocabulary } from '../testing/tiny.ts'
import { CUT_KINDS, InstabilityMeter, prefixSteps } from './prefix.ts'

const HOW = { specials: 'text', template: false } as const

test('every prefix has the changed ids that comparing with the whole text finds', () => {
  fc.assert(
    fc.property(tinyVocabulary, tinyText(9), (tokenizer, text) => {
      const whole = [...tokenizer.encode(text, HOW)]
      const steps = prefixSteps(tokenizer, text)
      expect(steps.map((step) => step.end)).toEqual(
        Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => at + 1),
      )
      for (const step of steps) {
        const ids = [...tokenizer.encode(text.slice(0, step.end), HOW)]
        // The longest common beginning, from the longest one down.
        let kept = ids.length
        while (ids.slice(0, kept).join() !== whole.slice(0, kept).join()) kept--
        expect([step.tokens, step.changed]).toEqual([ids.length, ids.length - kept])
        expect(step.changedBytes).toBe(tokenizer.decodeBytes(ids.slice(kept)).length)
      }
    }),
    { numRuns: 60 },
  )
})

test('the meter adds up what single cuts say, each cut once, when it may make all of them', () => {
  fc.assert(
    fc.property(
      tinyVocabulary,
      fc.array(tinyText(9), { maxLength: 3 }),
      fc.nat(),
      (tokenizer, texts, seed) => {
        const meter = new InstabilityMeter(tokenizer, seed)
        texts.forEach((text, i) => meter.add(`text ${i}`, text, { cuts: 1000 }))
        const steps = texts.flatMap((text) => prefixSteps(tokenizer, text))
        const { example, kinds, ...total } = meter.result
        const sum = (of: typeof steps) => {
          const unstable = of.filter((step) => step.changed > 0)
          return {
            cuts: of.length,
            unstable: unstable.length,
            changed: unstable.reduce((all, step) => all + step.changed, 0),
            changedBytes: unstable.reduce((all, step) => all + step.changedBytes, 0),
            mostChanged: Math.max(0, ...unstable.map((step) => step.changed)),
          }
        }
        expect(total).toEqual(sum(steps))
        for (const kind of CUT_KINDS) {
          expect(kinds[kind]).toEqual(sum(steps.filter((step) => step.kind === kind)))
        }
        expect(example === null).toBe(total.unstable === 0)
        if (example) {
          expect(example.prefixTokens.length).toBe(total.mostChanged)
          expect(example.wholeTokens).not.toEqual(example.prefixTokens)
        }
      },
    ),
    { numRuns: 80 },
  )
})
