// What any model says under a pattern or a choice is what was asked for: random tokens, drawn from what the masks allow,
// are held against the engine's own RegExp, and masks against trying every token.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { tinyTokenizer } from '../testing/tiny.ts'
import { Walks } from '../testing/walks.ts'
import { compileConstraint, type Constraint, type ConstraintSpec } from './constraint.ts'

const tokenizer = await tinyTokenizer()
const walks = new Walks(tokenizer)
const texts = (spec: ConstraintSpec, count?: number) => walks.texts(spec, count)

const PATTERNS = [
  '[a-z]{3,5}-\\d+(x|é)?',
  '(yes|no|maybe)( (yes|no)){0,2}',
  '^\\d{4}-\\d\\d$',
  '[^a-z]{2,4}',
  '(?:日本|🙂)+\\s?[\\w.]*',
  '(a|b)*?c+',
  '\\p{Lu}\\p{Ll}{1,3}',
  '.{3}',
  '[\\s\\S]{1,4}',
  '[-+]?[\\d,.]+%?',
  '(?:)|x',
  '\\u{1F642}|\\u00e9|\\x41|\\cA',
  '[\\]\\[\\-^&|~]{2}[a&&b~~d|]',
  '(^a|b$|^c$)',
  'a(?:^b|c)',
]

describe('regular expressions', () => {
  it.each(PATTERNS)('%s: every text matches as a whole', (regex) => {
    const whole = new RegExp(`^(?:${regex})$`, 'u')
    for (const text of texts({ regex })) expect(text).toMatch(whole)
  })

  it('take the flags i and s', () => {
    for (const regex of [/straße|k{2}/iu, /^a.b$/s, /^a.b$/]) {
      const whole = new RegExp(`^(?:${regex.source})$`, regex.flags)
      for (const text of texts({ regex })) expect(text).toMatch(whole)
    }
    const dot = (flags: string) => compileConstraint({ regex: new RegExp('a.b', flags) }, tokenizer)
    expect(dot('').accepts('a\nb')).toBe(false)
    expect(dot('s').accepts('a\nb')).toBe(true)
    expect(dot('i').accepts('AxB')).toBe(true)
  })

  it('accept what RegExp matches, and nothing else', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\d',
      '\\w',
      '\\s',
      'é',
      '(?:ab|c)',
      '^',
      '$',
    )
    const piece = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}'))
      .map(([own, times]) => (own === '^' || own === '$' ? own : own + times))
    const pattern = fc
      .array(
        fc.array(piece, { maxLength: 4 }).map((parts) => parts.join('')),
        { minLength: 1, maxLength: 3 },
      )
      .map((options) => options.join('|'))
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', 'é', '1', ' ', '\n', '日'), { maxLength: 5 })
      .map((c) => c.join(''))
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 20 }), (regex, texts) => {
        let constraint: Constraint
        try {
          constraint = compileConstraint({ regex }, tokenizer)
        } catch (error) {
          // Such as `$a`: nothing matches it.
          expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' })
          for (const one of texts) expect(new RegExp(`^(?:${regex})$`, 'u').test(one)).toBe(false)
          return
        }
        for (const one of texts) {
          expect([regex, one, constraint.accepts(one)]).toEqual([
            regex,
            one,
            new RegExp(`^(?:${regex})$`, 'u').test(one),
          ])
        }
      }),
      { numRuns: 150 },
    )
  })

  it('refuse what cannot be decided on the way', () => {
    for (const regex of ['a(?=b)', '(?<!a)b', '\\bword', '(a)\\1', 'x*+']) {
      expect(() => compileConstraint({ regex }, tokenizer)).toThrow(/FORMAT|pattern|regular/i)
    }
    expect(() => compileConstraint({ regex: '(?:a{999}){999}' }, tokenizer)).toThrow(/states/)
    expect(() => compileConstraint({ regex: '$a' }, tokenizer)).toThrow(/No text/)
  })
})

describe('masks', () => {
  it('allow exactly the tokens after which a text can still be completed', () => {
    const specs: ConstraintSpec[] = [
      ...PATTERNS.slice(0, 6).map((regex) => ({ regex })),
      { choice: ['yes', 'no', 'maybe', '日本語', '日本'] },
      { json: 'value', whitespace: 'free' },
      {
        schema: {
          properties: { name: { maxLength: 3 }, list: { items: { enum: [1, 2, 'été'] } } },
          required: ['name'],
        },
      },
    ]
    for (const spec of specs) {
      const constraint = compileConstraint(spec, tokenizer)
      const random = new Random(4)
      for (let round = 0; round < 2; round++) {
        let state = constraint.start
        for (let i = 0; i < 6 && !state.complete; i++) {
          const taken = [...walks.bytes.keys()].filter((id) => {
            try {
              return state.next(id) !== null
            } catch (error) {
              expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' })
              return false
            }
          })
          expect(walks.allowedBy(state.mask())).toEqual(taken)
          state = state.next(random.pick(taken))
        }
      }
    }
  })

  it('let tokens begin and end inside a character', () => {
    const [first, ...rest] = new TextEncoder().encode('日')
    const byteToken = (byte: number) => walks.bytes.findIndex((own) => own?.length === 1 && own[0] === byte)
    const constraint = compileConstraint({ regex: '日' }, tokenizer)
    let state = constraint.start
    expect(walks.allowedBy(state.mask())).toContain(byteToken(first!))
    state = state.next(byteToken(first!))
    expect(state.accepting).toBe(false)
    for (const byte of rest) {
      expect(walks.allowedBy(state.mask())).toContain(byteToken(byte))
      state = state.next(byteToken(byte))
    }
    expect(state).toMatchObject({ accepting: true, complete: true })
  })

  it('choose among texts, one of which begins another', () => {
    const choice = ['yes', 'yes, please', 'no', '日本', '日本語']
    const found = new Set(texts({ choice }, 80))
    expect([...found].sort()).toEqual(choice.toSorted())
  })
})
