// Arrays and objects of a schema. Both are chains of states by what was written so far: which property comes next and
// how many there are (as far as it matters), so that commas, required properties and bounds on counts need no memory
// besides the state.
import { utf8Encode } from '../../core/index.ts'
import { difference } from '../../tokenizer/index.ts'
import type { SchemaCompiler } from './json-schema.ts'
import { ANY_CHARACTER, jsonCharacter } from './json-text.ts'
import { invalidSchema, type SchemaObject, unsupportedSchema } from './schema-merge.ts'

export function addArray(
  compiler: SchemaCompiler,
  schema: SchemaObject,
  from: number,
  to: number,
  where: string,
): void {
  const { text } = compiler
  const { grammar } = text
  const least = (schema.minItems as number | undefined) ?? 0
  const most = (schema.maxItems as number | undefined) ?? Infinity
  const first = (schema.prefixItems ?? []) as readonly unknown[]
  if (schema.uniqueItems === true && most > 1) throw unsupportedSchema('uniqueItems', where)
  const rest = schema.items ?? true
  let rule = -1
  /** Adds item number `i`. */
  const item = (i: number, start: number, end: number): void => {
    if (i < first.length) return compiler.add(first[i], start, end, `${where}/prefixItems/${i}`)
    if (rule < 0) {
      rule = grammar.rule(0)
      const { start: ruleStart, end: ruleEnd } = grammar.rules[rule]!
      compiler.add(rest, ruleStart, ruleEnd, `${where}/items`)
    }
    grammar.call(start, rule, end)
  }
  const open = text.inner(grammar.literal(from, utf8Encode('[')))
  if (least === 0) text.literal(open, ']', to)
  // From here on all items are alike, and only whether there may be more matters.
  const alike = most === Infinity ? Math.max(first.length + 1, least) : most
  let before = open
  for (let i = 0; i < alike; i++) {
    const after = grammar.state()
    item(i, before, after)
    if (i + 1 >= least) text.literal(text.inner(after), ']', to)
    if (i + 1 < most) {
      const next = text.separator(after, ',')
      if (i + 1 === alike) item(i + 1, next, after)
      before = next
    }
  }
}

interface Property {
  name: string
  schema: unknown
  required: boolean
}

export function addObject(
  compiler: SchemaCompiler,
  schema: SchemaObject,
  from: number,
  to: number,
  where: string,
): void {
  const { text } = compiler
  const { grammar } = text
  const others = schema.additionalProperties ?? schema.properties === undefined
  const properties = propertiesOf(schema, others, where)
  const required = properties.filter((property) => property.required).length
  const least = (schema.minProperties as number | undefined) ?? 0
  const most = (schema.maxProperties as number | undefined) ?? Infinity
  if (least > required && others !== false) {
    // The same name could be written twice.
    throw unsupportedSchema('minProperties where other properties may come', where, 'Name them as required')
  }
  if (properties.length === 0 && others === true && least === 0 && most === Infinity) {
    text.anyObject(from, to)
    return
  }
  // Counting goes on as long as it makes a difference: up to the least, or the most, or whether there is one.
  const counted = most === Infinity ? Math.max(1, least) : Math.max(1, most)
  const states = new Map<number, number>()
  /** Before property number `index`, with `count` properties written. */
  const at = (index: number, count: number): number => {
    const key = index * (counted + 1) + Math.min(count, counted)
    let state = states.get(key)
    if (state === undefined) {
      state = grammar.state()
      states.set(key, state)
    }
    return state
  }
  grammar.skip(text.inner(grammar.literal(from, utf8Encode('{'))), at(0, 0))
  /** From `count` properties to the start of one more. */
  const comma = (state: number, count: number) => (count === 0 ? state : text.separator(state, ','))
  for (let index = 0; index < properties.length; index++) {
    const { name, schema: own, required } = properties[index]!
    for (let count = 0; count <= Math.min(index, counted); count++) {
      const state = states.get(index * (counted + 1) + count)
      if (state === undefined) continue
      if (!required) grammar.skip(state, at(index + 1, count))
    }
    // The property itself is written once, whatever the count; its place is kept by the call.
    const rule = grammar.rule(0)
    const { start, end } = grammar.rules[rule]!
    const key = grammar.literal(start, utf8Encode(JSON.stringify(name)))
    compiler.add(own, text.separator(key, ':'), end, `${where}/properties/${name}`)
    for (let count = 0; count <= Math.min(index, counted); count++) {
      const state = states.get(index * (counted + 1) + count)
      if (state === undefined || count + 1 > most) continue
      grammar.call(comma(state, count), rule, at(index + 1, count + 1))
    }
  }
  const last = properties.length
  if (others !== false) {
    const rule = grammar.rule(0)
    const { start, end } = grammar.rules[rule]!
    const colon = grammar.state()
    addOtherName(compiler, new Set(properties.map(({ name }) => name)), start, colon)
    compiler.add(others, text.separator(colon, ':'), end, `${where}/additionalProperties`)
    for (let count = 0; count <= counted; count++) {
      const state = states.get(last * (counted + 1) + count)
      if (state === undefined || count + 1 > most) continue
      grammar.call(comma(state, count), rule, at(last, count + 1))
    }
  }
  for (let count = least; count <= counted; count++) {
    const state = states.get(last * (counted + 1) + count)
    if (state !== undefined) text.literal(count === 0 ? state : text.inner(state), '}', to)
  }
}

function propertiesOf(schema: SchemaObject, others: unknown, where: string): Property[] {
  const named = (schema.properties ?? {}) as SchemaObject
  const required = (schema.required ?? []) as readonly string[]
  const properties = Object.entries(named).map(([name, own]) => ({
    name,
    schema: own,
    required: required.includes(name),
  }))
  for (const name of new Set(required)) {
    if (Object.hasOwn(named, name)) continue
    // Required, but not described: it is one of the others.
    if (others === false) throw invalidSchema(`${JSON.stringify(name)} is required and excluded`, where)
    properties.push({ name, schema: others, required: true })
  }
  return properties
}

/** A string that is none of these names, in one way of writing. */
function addOtherName(
  { text: { grammar } }: SchemaCompiler,
  names: ReadonlySet<string>,
  from: number,
  to: number,
): void {
  const free = grammar.state()
  jsonCharacter(grammar, free, ANY_CHARACTER, free)
  grammar.byte(free, 0x22, 0x22, to)
  /** `rests`: what is left of the names that begin as the text so far. */
  const branch = (at: number, rests: readonly string[][]): void => {
    if (!rests.some((rest) => rest.length === 0)) grammar.byte(at, 0x22, 0x22, to)
    const next = new Map<string, string[][]>()
    for (const [first, ...rest] of rests) {
      if (first !== undefined) next.set(first, [...(next.get(first) ?? []), rest])
    }
    const known = [...next.keys()].map((c) => c.codePointAt(0)!).sort((a, b) => a - b)
    jsonCharacter(
      grammar,
      at,
      difference(
        ANY_CHARACTER,
        known.flatMap((cp, i) =>
          // Neighbouring code points are one range.
          [...(known[i - 1] === cp - 1 ? [] : [cp]), ...(known[i + 1] === cp + 1 ? [] : [cp + 1])],
        ),
      ),
      free,
    )
    for (const [c, own] of next) {
      const state = grammar.state()
      const cp = c.codePointAt(0)!
      jsonCharacter(grammar, at, [cp, cp + 1], state)
      branch(state, own)
    }
  }
  branch(
    grammar.literal(from, utf8Encode('"')),
    [...names].map((name) => Array.from(name)),
  )
}
