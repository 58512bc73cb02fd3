// What any model says under a JSON Schema is valid: random tokens, drawn from what the masks allow, are parsed by
// JSON.parse and held against a checker of schemas that knows nothing of the compiler.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { satisfies } from '../testing/schema-checker.ts'
import { tinyTokenizer } from '../testing/tiny.ts'
import { Walks } from '../testing/walks.ts'
import { compileConstraint, type Constraint, type ConstraintSpec, machineOf } from './constraint.ts'
import type { MachineState } from './machine.ts'
import type { JsonSchema } from './schema-merge.ts'
import { tokenTrie } from './token-trie.ts'

const tokenizer = await tinyTokenizer()
const walks = new Walks(tokenizer)
const texts = (spec: ConstraintSpec, count?: number) => walks.texts(spec, count)

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
          const { text, whole } = walks.walk(constraint, new Random(1), 60)
          if (whole) parsed(text)
        } catch (error) {
          expect((error as Error).name).toBe('TesseraError')
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('masks of JSON', () => {
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
            const allowed = walks.allowedBy(mask)
            if (allowed.length === 0) break
            for (const byte of walks.bytes[random.pick(allowed)]!) {
              state = machine.step(state!, machine.classOf[byte]!)
            }
          }
        }
      }
    }
  })
})
