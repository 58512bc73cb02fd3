// What any model says under a constraint is what the constraint asks for: random tokens, drawn from what the masks
// allow, are held against the engine's own RegExp and JSON.parse, and masks against trying every token.
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Random, utf8Decode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { satisfies } from '../testing/schema-checker.ts'
import { tinyTokenizer } from '../testing/tiny.ts'
import { compileConstraint, type Constraint, type ConstraintSpec, machineOf } from './constraint.ts'
import type { MachineState } from './machine.ts'
import type { JsonSchema } from './schema-merge.ts'
import { tokenTrie } from './token-trie.ts'

let tokenizer: Tokenizer
let bytes: (Uint8Array | null)[]
beforeAll(async () => {
  tokenizer = await tinyTokenizer()
  bytes = Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    const { bytes, special } = tokenizer.info(id)
    return special ? null : bytes
  })
})

function allowedBy(mask: Uint32Array): number[] {
  return [...bytes.keys()].filter((id) => ((mask[id >> 5]! >>> (id & 31)) & 1) === 1)
}

interface Walked {
  text: string
  whole: boolean
}

/** Random tokens until the text is whole and an end is drawn, or `most` tokens. */
function walk(constraint: Constraint, random: Random, most = 300): Walked {
  let state = constraint.start
  const parts: Uint8Array[] = []
  for (let i = 0; i < most && !state.complete; i++) {
    // Short texts end, long ones want to.
    if (state.accepting && random.int(i > 60 ? 2 : 6) === 0) break
    let allowed = allowedBy(state.mask())
    expect(allowed.length).toBeGreaterThan(0)
    // Closing marks more often than their share, so that structures end.
    const closing = allowed.filter((id) => /^["\]},]+$/.test(utf8Decode(bytes[id]!)))
    if (closing.length > 0 && random.int(3) === 0) allowed = closing
    const id = random.pick(allowed)
    parts.push(bytes[id]!)
    state = state.next(id)
  }
  const all = Buffer.concat(parts)
  return { text: utf8Decode(all), whole: state.accepting }
}

/** Walks with many seeds; gives the whole texts, of which there must be some. */
function texts(spec: ConstraintSpec, count = 40): string[] {
  const constraint = compileConstraint(spec, tokenizer)
  const found: string[] = []
  for (let seed = 0; seed < count; seed++) {
    const { text, whole } = walk(constraint, new Random(seed))
    expect(constraint.accepts(text)).toBe(whole)
    if (whole) found.push(text)
  }
  expect(found.length).toBeGreaterThan(count / 4)
  return found
}

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
          const taken = [...bytes.keys()].filter((id) => {
            try {
              return state.next(id) !== null
            } catch (error) {
              expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' })
              return false
            }
          })
          expect(allowedBy(state.mask())).toEqual(taken)
          state = state.next(random.pick(taken))
        }
      }
    }
  })

  it('are the same when they are put together from the inside of strings and numbers', () => {
    const specs: ConstraintSpec[] = [
      { json: 'value', whitespace: 'free', maxNesting: 3 },
      { json: 'object' },
      ...Object.values(SCHEMAS).map((schema) => ({ schema, maxNesting: 4 })),
    ]
    const trie = tokenTrie(tokenizer)
    for (const spec of specs) {
      // Few states are remembered: forgetting changes nothing.
      for (const remembered of [200, undefined]) {
        const machine = machineOf(spec, remembered)
        for (let seed = 0; seed < 4; seed++) {
          const random = new Random(seed)
          let state: MachineState | null = machine.start
          for (let i = 0; i < 12 && state; i++) {
            const mask = trie.allowed(machine, state)
            expect(mask).toEqual(trie.plainAllowed(machine, state))
            const allowed = allowedBy(mask)
            if (allowed.length === 0) break
            for (const byte of bytes[random.pick(allowed)]!) {
              state = machine.step(state!, machine.classOf[byte]!)
            }
          }
        }
      }
    }
  })

  it('let tokens begin and end inside a character', () => {
    const [first, ...rest] = new TextEncoder().encode('日')
    const byteToken = (byte: number) => bytes.findIndex((own) => own?.length === 1 && own[0] === byte)
    const constraint = compileConstraint({ regex: '日' }, tokenizer)
    let state = constraint.start
    expect(allowedBy(state.mask())).toContain(byteToken(first!))
    state = state.next(byteToken(first!))
    expect(state.accepting).toBe(false)
    for (const byte of rest) {
      expect(allowedBy(state.mask())).toContain(byteToken(byte))
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

const parsed = (text: string) => JSON.parse(text) as unknown

describe('JSON', () => {
  it('is any value, or any object', () => {
    for (const whitespace of ['compact', 'free'] as const) {
      for (const text of texts({ json: 'value', whitespace }, 60)) parsed(text)
      for (const text of texts({ json: 'object', whitespace }, 60)) {
        expect(satisfies(parsed(text), { type: 'object' })).toBe(true)
      }
    }
  })

  it('accepts what JSON.stringify writes', () => {
    const compact = compileConstraint({ json: 'value' }, tokenizer)
    const free = compileConstraint({ json: 'value', whitespace: 'free', maxNesting: 12 }, tokenizer)
    const value = fc
      .jsonValue({ maxDepth: 4, noUnicodeString: false })
      .filter((one) => !/[eE][+-]?\d{3}|\d{16}|\.\d{16}/.test(JSON.stringify(one)))
    fc.assert(
      fc.property(value, (one) => {
        expect(compact.accepts(JSON.stringify(one))).toBe(true)
        expect(free.accepts(JSON.stringify(one, null, 2))).toBe(true)
      }),
      { numRuns: 60 },
    )
    for (const bad of ['{', '[1,]', '{"a":1,}', '01', '"\\x"', '"\n"', 'nul', "{'a':1}", '"\\ud800"', '1.']) {
      expect([bad, free.accepts(bad)]).toEqual([bad, false])
    }
  })

  it('nests up to its bound, and can always be completed there', () => {
    const constraint = compileConstraint({ json: 'value', maxNesting: 4 }, tokenizer)
    expect(constraint.accepts('[[[[1]]]]')).toBe(true)
    expect(constraint.accepts('[[[[[]]]]]')).toBe(false)
    const list: JsonSchema = {
      $defs: {
        node: {
          type: 'object',
          properties: {
            v: { type: 'boolean' },
            next: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] },
          },
          required: ['v', 'next'],
        },
      },
      $ref: '#/$defs/node',
    }
    for (const text of texts({ schema: list, maxNesting: 5 }, 30))
      expect(satisfies(parsed(text), list)).toBe(true)
  })
})

const SCHEMAS: Record<string, JsonSchema> = {
  person: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 8 },
      age: { type: 'integer', minimum: 0, maximum: 130 },
      email: { type: 'string', format: 'email' },
      tags: { type: 'array', items: { type: 'string', enum: ['a', 'b "c"', 'ü'] }, minItems: 1, maxItems: 3 },
    },
    required: ['name', 'age'],
    additionalProperties: false,
  },
  optional: { type: 'object', properties: { a: { const: 1 }, b: { type: 'null' }, c: { type: 'boolean' } } },
  others: {
    type: 'object',
    properties: { a: { type: 'integer' }, ab: { type: 'null' } },
    required: ['ab', 'z'],
    additionalProperties: { type: 'string' },
    maxProperties: 4,
  },
  counts: {
    type: 'object',
    properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 }, d: { const: 4 } },
    minProperties: 2,
    maxProperties: 3,
    additionalProperties: false,
  },
  tuple: {
    type: 'array',
    prefixItems: [
      { type: 'string', maxLength: 3 },
      { type: 'number', minimum: -2.5, maximum: 1.25 },
    ],
    items: { type: 'boolean' },
    maxItems: 4,
  },
  numbers: {
    type: 'array',
    minItems: 4,
    maxItems: 4,
    prefixItems: [
      { type: 'integer', minimum: -17, maximum: 230 },
      { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      { type: 'number', minimum: -0.05, exclusiveMaximum: -0.001 },
      { type: 'integer', exclusiveMinimum: 99, exclusiveMaximum: 1001 },
    ],
  },
  strings: {
    type: 'array',
    minItems: 3,
    maxItems: 3,
    prefixItems: [
      { type: 'string', pattern: '^[a-c]{2}"\\\\\\n?\\d$' },
      { type: 'string', pattern: 'é+', maxLength: 6 },
      { type: 'string', minLength: 2, maxLength: 2 },
    ],
  },
  formats: {
    type: 'object',
    properties: Object.fromEntries(
      ['date', 'time', 'date-time', 'uuid', 'ipv4', 'hostname'].map((format) => [
        format,
        { type: 'string', format },
      ]),
    ),
    required: ['date', 'time', 'date-time', 'uuid', 'ipv4', 'hostname'],
    additionalProperties: false,
  },
  union: {
    anyOf: [
      {
        type: 'object',
        properties: { kind: { const: 'circle' }, r: { type: 'number', minimum: 0 } },
        required: ['kind', 'r'],
      },
      { type: ['integer', 'null'] },
      { enum: [[1, { a: 'x' }], 'word'] },
    ],
  },
  one: {
    oneOf: [
      { type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] },
      { type: 'object', properties: { kind: { const: 'b' }, x: { type: 'integer' } }, required: ['kind'] },
      { type: 'integer' },
    ],
  },
  all: {
    $defs: {
      base: { type: 'object', properties: { id: { type: 'integer', minimum: 1 } }, required: ['id'] },
    },
    allOf: [{ $ref: '#/$defs/base' }, { properties: { name: { enum: ['x', 'y'] } }, required: ['name'] }],
    properties: { id: { maximum: 40 } },
  },
  tree: {
    type: 'object',
    properties: {
      value: { type: 'boolean' },
      children: { type: 'array', items: { $ref: '#' }, maxItems: 2 },
    },
    required: ['value', 'children'],
    additionalProperties: false,
  },
}

describe('JSON Schema', () => {
  it.each(Object.keys(SCHEMAS))('%s: every text is valid', (name) => {
    const schema = SCHEMAS[name]!
    for (const whitespace of ['compact', 'free'] as const) {
      for (const text of texts({ schema, whitespace, maxNesting: 6 }, 30)) {
        expect([text, satisfies(parsed(text), schema as never)]).toEqual([text, true])
      }
    }
  })

  it('takes every number between its bounds, and no other', () => {
    const digits = fc
      .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 6 }))
      .map(([n, e]) => n / 10 ** e)
    fc.assert(
      fc.property(
        digits,
        digits,
        fc.boolean(),
        fc.boolean(),
        fc.array(digits, { maxLength: 20 }),
        (a, b, out, whole, numbers) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)]
          const schema = {
            type: whole ? 'integer' : 'number',
            ...(out ? { exclusiveMinimum: low, exclusiveMaximum: high } : { minimum: low, maximum: high }),
          }
          const tried = [...numbers, low, high, (low + high) / 2, 0].filter(
            (one) => !/e/.test(String(one)) && String(one).length < 15,
          )
          const valid = (one: number) => satisfies(one, schema)
          let constraint: Constraint
          try {
            constraint = compileConstraint({ schema }, tokenizer)
          } catch (error) {
            expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' })
            for (const one of tried) expect([schema, one, valid(one)]).toEqual([schema, one, false])
            return
          }
          for (const one of tried) {
            // -0 is not written.
            const text = one === 0 ? '0' : String(one)
            expect([schema, text, constraint.accepts(text)]).toEqual([schema, text, valid(one)])
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('accepts what is valid and in its order', () => {
    const cases: [string, string[], string[]][] = [
      [
        'person',
        ['{"name":"x","age":3}', '{"name": "日本", "age": 130, "tags": ["a"]}'],
        [
          '{"age":3,"name":"x"}',
          '{"name":"","age":3}',
          '{"name":"x","age":131}',
          '{"name":"x","age":3,"b":1}',
          '{"name":"x"}',
        ],
      ],
      [
        'optional',
        ['{}', '{"a":1}', '{"a":1,"c":true}', '{"b":null}'],
        ['{"c":true,"a":1}', '{"a":2}', '{,}', '{"a":1,}'],
      ],
      [
        'others',
        ['{"ab":null,"z":"q"}', '{"a":1,"ab":null,"z":"q","abc":"x"}', '{"ab":null,"z":"q","b":"x"}'],
        [
          '{"ab":null}',
          '{"ab":null,"z":"q","a":"x"}',
          '{"ab":null,"z":"q","ab":"x"}',
          '{"ab":null,"z":"q","b":"x","c":"","d":""}',
        ],
      ],
      ['counts', ['{"a":1,"b":2}', '{"b":2,"c":3,"d":4}'], ['{}', '{"a":1}', '{"a":1,"b":2,"c":3,"d":4}']],
      [
        'tuple',
        ['[]', '["a"]', '["a",1.25,true,false]'],
        ['["abcd"]', '["a",1.26]', '["a",1,true,false,true]', '[1]'],
      ],
      ['one', ['7', '{"kind":"a"}', '{"kind":"b","x":1}'], ['{}', '"a"', '{"kind":"c"}']],
    ]
    for (const [name, good, bad] of cases) {
      const constraint = compileConstraint({ schema: SCHEMAS[name]! }, tokenizer)
      for (const text of good) expect([name, text, constraint.accepts(text)]).toEqual([name, text, true])
      for (const text of bad) expect([name, text, constraint.accepts(text)]).toEqual([name, text, false])
    }
  })

  it.each<[string, JsonSchema, string, RegExp]>([
    [
      'a keyword that it does not know',
      { type: 'object', properties: { a: { minlength: 3 } } },
      'FORMAT_UNSUPPORTED',
      /minlength.*properties\/a/,
    ],
    ['not', { not: { type: 'string' } }, 'FORMAT_UNSUPPORTED', /not/],
    ['uniqueItems', { type: 'array', uniqueItems: true }, 'FORMAT_UNSUPPORTED', /uniqueItems/],
    ['an unknown format', { type: 'string', format: 'colour' }, 'FORMAT_UNSUPPORTED', /colour/],
    [
      'options of oneOf that overlap',
      { oneOf: [{ type: 'integer' }, { type: 'number' }] },
      'FORMAT_UNSUPPORTED',
      /anyOf/,
    ],
    ['a reference that leads outside', { $ref: 'https://example.com/x' }, 'FORMAT_UNSUPPORTED', /within/],
    ['a reference to nothing', { $ref: '#/$defs/x' }, 'ARGUMENT_INVALID', /nothing at/],
    ['a reference to itself', { $ref: '#' }, 'ARGUMENT_INVALID', /itself/],
    [
      'what has no finite value',
      { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] },
      'ARGUMENT_INVALID',
      /No text/,
    ],
    [
      'bounds with nothing between',
      { type: 'integer', minimum: 3.2, maximum: 3.8 },
      'ARGUMENT_INVALID',
      /between the bounds/,
    ],
    ['false', false, 'ARGUMENT_INVALID', /No text/],
    ['a type that there is not', { type: 'text' }, 'ARGUMENT_INVALID', /type/],
    ['a pattern that is none', { pattern: '(' }, 'PATTERN_INVALID', /regular expression/],
    ['a schema that is none', { properties: { a: 3 } }, 'ARGUMENT_INVALID', /schema/],
  ])('refuses %s, and says where', (_, schema, code, message) => {
    const attempt = () => compileConstraint({ schema }, tokenizer)
    expect(attempt).toThrow(message)
    expect(attempt).toThrow(expect.objectContaining({ code }))
  })

  it('never hangs or fails in another way on schemas from anywhere', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      'anyOf',
      'oneOf',
      'allOf',
      '$ref',
      'enum',
      'const',
      'minimum',
      'maximum',
      'minLength',
      'maxLength',
      'pattern',
      'required',
      'additionalProperties',
      'prefixItems',
      'minItems',
      'maxItems',
      'format',
    )
    const { schema } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.constantFrom('object', 'string', 'integer', '#', '#/properties/a', '^a', null, true, false),
        fc.integer({ min: -5, max: 50 }),
        fc.array(fc.constantFrom('a', 'b', 1), { maxLength: 3 }),
      ),
      schema: fc.oneof(
        { depthSize: 'small' },
        tie('leaf'),
        fc.array(tie('schema'), { maxLength: 3 }),
        fc.dictionary(keyword, tie('schema'), { maxKeys: 4 }),
        fc.dictionary(fc.constantFrom('a', 'b'), tie('schema'), { maxKeys: 2 }),
      ),
    }))
    fc.assert(
      fc.property(schema, (schema) => {
        try {
          const constraint = compileConstraint({ schema: schema as JsonSchema, maxNesting: 5 }, tokenizer)
          const { text, whole } = walk(constraint, new Random(1), 60)
          if (whole) parsed(text)
        } catch (error) {
          expect((error as Error).name).toBe('TesseraError')
        }
      }),
      { numRuns: 400 },
    )
  })
})
