// JSON Schema (2020-12, as far as language models are asked for it) as a grammar. Every text of the grammar is valid
// under the schema; not every valid text is in it: properties come in the schema's order, properties that the schema
// does not name only when it says so (`additionalProperties`), and `$ref` may nest to a bound. A keyword that is
// not understood is refused with its place, never passed over.
import { fromEcma } from './ecma-pattern.ts'
import type { Grammar } from './grammar.ts'
import { addBounded } from './json-number.ts'
import { addArray, addObject } from './json-structures.ts'
import { JsonText, type Whitespace } from './json-text.ts'
import { FORMATS } from './string-formats.ts'
import {
  checkShapes,
  disjoint,
  invalidSchema,
  isAnnotation,
  isObject,
  JSON_TYPES,
  type JsonSchema,
  type JsonType,
  mergeSchemas,
  type SchemaObject,
  typeOfValue,
  unsupportedSchema,
} from './schema-merge.ts'

/** Keywords by the type that they speak about. */
const KEYWORDS: Readonly<Record<'string' | 'number' | 'array' | 'object', readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems'],
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
}
const GENERAL = new Set(['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref', '$id'])
const MAX_DEPTH = 64
const MAX_NODES = 20_000

export class SchemaCompiler {
  readonly text: JsonText
  private readonly root: JsonSchema
  private readonly grammar: Grammar
  private depth = 0
  private nodes = 0

  constructor(grammar: Grammar, root: JsonSchema, whitespace: Whitespace) {
    this.grammar = grammar
    this.root = root
    this.text = new JsonText(grammar, whitespace)
  }

  /** The number of the rule for the whole document. Throws ARGUMENT_INVALID, FORMAT_UNSUPPORTED, PATTERN_…. */
  rule(): number {
    return this.reference('#', '#')
  }

  /** Adds the JSON texts of a schema between two states. `where`: a JSON pointer, for errors. */
  add(schema: unknown, from: number, to: number, where: string): void {
    if (typeof schema === 'boolean' || isObject(schema)) {
      if (++this.nodes > MAX_NODES) throw unsupportedSchema(`More than ${MAX_NODES} parts`, where)
      if (++this.depth > MAX_DEPTH) throw unsupportedSchema(`Nested more than ${MAX_DEPTH} deep`, where)
      if (schema === true) this.text.value(from, to)
      else if (schema !== false) this.addKeywords(schema, from, to, where)
      this.depth--
      return
    }
    throw invalidSchema('A schema is an object, true or false', where)
  }

  private addKeywords(schema: SchemaObject, from: number, to: number, where: string): void {
    this.checkKeywords(schema, where)
    for (const key of ['allOf', '$ref', 'anyOf', 'oneOf'] as const) {
      if (!(key in schema)) continue
      const { [key]: own, ...rest } = schema
      const beside = Object.keys(rest).some((other) => !isAnnotation(other) && other !== '$id')
      if (key === '$ref') {
        if (!beside) this.grammar.call(from, this.reference(own, where), to)
        else this.add(mergeSchemas(this.target(own, where), rest, where), from, to, where)
        return
      }
      const list = own as readonly JsonSchema[]
      if (key === 'allOf') {
        const all = list.map((one) => this.resolved(one, where))
        this.add(
          all.reduce((a, b) => mergeSchemas(a, b, where), rest),
          from,
          to,
          where,
        )
        return
      }
      if (key === 'oneOf') this.checkDisjoint(list, where)
      for (const [i, option] of list.entries()) {
        const whole = beside ? mergeSchemas(rest, this.resolved(option, where), where) : option
        this.add(whole, from, to, `${where}/${key}/${i}`)
      }
      return
    }
    const types = this.typesOf(schema, where)
    if ('const' in schema || 'enum' in schema) this.addValues(schema, types, from, to, where)
    else if (types === null) this.text.value(from, to)
    else for (const type of types) this.addType(type, schema, from, to, where)
  }

  private addType(type: JsonType, schema: SchemaObject, from: number, to: number, where: string): void {
    const { text } = this
    if (type === 'null') text.literal(from, 'null', to)
    else if (type === 'boolean') {
      text.literal(from, 'true', to)
      text.literal(from, 'false', to)
    } else if (type === 'string') this.addString(schema, from, to, where)
    else if (type === 'array') addArray(this, schema, from, to, where)
    else if (type === 'object') addObject(this, schema, from, to, where)
    else this.addNumber(type, schema, from, to, where)
  }

  private addString(schema: SchemaObject, from: number, to: number, where: string): void {
    const { minLength, maxLength, pattern, format } = schema as {
      minLength?: number
      maxLength?: number
      pattern?: string
      format?: string
    }
    if (format !== undefined && pattern !== undefined) {
      throw unsupportedSchema('A format beside a pattern', where, 'Keep one of them')
    }
    let source = pattern === undefined ? undefined : String.raw`(?s:.)*(?:${fromEcma(pattern)})(?s:.)*`
    if (format !== undefined) {
      source = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined
      if (source === undefined) {
        const known = Object.keys(FORMATS).join(', ')
        throw unsupportedSchema(`The format ${JSON.stringify(format)}`, where, `There are: ${known}`)
      }
    }
    if (source === undefined && minLength === undefined && maxLength === undefined) {
      this.text.string(from, to)
    } else this.text.strictString(from, to, { source, minLength, maxLength })
  }

  private addNumber(
    type: 'integer' | 'number',
    schema: SchemaObject,
    from: number,
    to: number,
    where: string,
  ): void {
    if (schema.multipleOf !== undefined && !(type === 'integer' && schema.multipleOf === 1)) {
      throw unsupportedSchema('multipleOf', where, 'List the values as an enum')
    }
    const bound = (key: string) => schema[key] as number | undefined
    const [least, most] = [bound('minimum') ?? -Infinity, bound('maximum') ?? Infinity]
    const [above, below] = [bound('exclusiveMinimum') ?? -Infinity, bound('exclusiveMaximum') ?? Infinity]
    const minimum = Math.max(least, above)
    const maximum = Math.min(most, below)
    if (minimum === -Infinity && maximum === Infinity) {
      if (type === 'integer') this.text.integer(from, to)
      else this.text.number(from, to)
      return
    }
    const bounds = { minimum, maximum, minimumOut: above >= least, maximumOut: below <= most }
    addBounded(this.grammar, { ...bounds, decimals: type === 'integer' ? 0 : 15 }, from, to, where)
  }

  private addValues(
    schema: SchemaObject,
    types: readonly JsonType[] | null,
    from: number,
    to: number,
    where: string,
  ): void {
    for (const key of Object.keys(schema)) {
      if (!isAnnotation(key) && !['type', 'enum', 'const', '$id'].includes(key)) {
        throw unsupportedSchema(`${key} beside enum or const`, where, 'Leave out the values that it excludes')
      }
    }
    let values = 'enum' in schema ? (schema.enum as unknown[]) : [schema.const]
    if ('enum' in schema && 'const' in schema) {
      const text = JSON.stringify(schema.const)
      values = values.filter((value) => JSON.stringify(value) === text)
    }
    for (const value of values) {
      const type = typeOfValue(value)
      if (types && !types.includes(type) && !(type === 'integer' && types.includes('number'))) continue
      const text = JSON.stringify(value)
      if (text === undefined) throw invalidSchema('A value that is no JSON', where)
      this.text.literal(from, text, to)
    }
  }

  /** Types that are asked for, or that the keywords speak about; null: any value. */
  private typesOf(schema: SchemaObject, where: string): readonly JsonType[] | null {
    if (schema.type !== undefined) {
      const types = [schema.type].flat() as JsonType[]
      for (const type of types) {
        if (!JSON_TYPES.includes(type)) {
          throw invalidSchema(`There is no type ${JSON.stringify(type)}`, `${where}/type`)
        }
      }
      return types
    }
    if ('enum' in schema || 'const' in schema) return null
    const spoken = (Object.keys(KEYWORDS) as (keyof typeof KEYWORDS)[]).filter((type) =>
      KEYWORDS[type].some((key) => key in schema),
    )
    return spoken.length > 0 ? spoken : null
  }

  private checkKeywords(schema: SchemaObject, where: string): void {
    checkShapes(schema, where)
    const known = new Set(Object.values(KEYWORDS).flat())
    for (const key of Object.keys(schema)) {
      if (isAnnotation(key) || GENERAL.has(key) || known.has(key)) continue
      throw unsupportedSchema(
        `The keyword ${JSON.stringify(key)}`,
        where,
        'Leave it out, or say it otherwise',
      )
    }
  }

  private checkDisjoint(list: readonly JsonSchema[], where: string): void {
    const resolve = (schema: JsonSchema) => this.resolved(schema, where)
    for (let i = 0; i < list.length; i++) {
      for (let j = 0; j < i; j++) {
        if (disjoint(list[i]!, list[j]!, resolve)) continue
        throw unsupportedSchema(`oneOf whose options ${j} and ${i} may both hold`, where, 'Use anyOf')
      }
    }
  }

  /** Without a `$ref` in front. */
  private resolved(schema: JsonSchema, where: string): JsonSchema {
    let found = schema
    for (let i = 0; isObject(found) && '$ref' in found; i++) {
      if (i > MAX_DEPTH) throw invalidSchema('References that lead back to themselves', where)
      const { $ref, ...rest } = found
      found = mergeSchemas(this.target($ref, where), rest, where)
    }
    return found
  }

  /** The rule of what a `$ref` names; each is compiled once, so that it may contain itself. */
  private reference(pointer: unknown, where: string): number {
    const schema = this.target(pointer, where)
    return this.text.once(String(pointer), 1, (start, end) => {
      const depth = this.depth
      this.depth = 0
      this.add(schema, start, end, String(pointer))
      this.depth = depth
    })
  }

  private target(pointer: unknown, where: string): JsonSchema {
    if (typeof pointer !== 'string' || !/^#(\/|$)/.test(pointer)) {
      throw unsupportedSchema(
        `The reference ${JSON.stringify(pointer)}`,
        where,
        'References stay within the schema: #/$defs/name',
      )
    }
    let found: unknown = this.root
    for (const part of pointer.split('/').slice(1)) {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
      const inside = typeof found === 'object' && found !== null && Object.hasOwn(found, name)
      if (!inside) throw invalidSchema(`There is nothing at ${pointer}`, where)
      found = (found as Record<string, unknown>)[name]
    }
    if (typeof found === 'boolean' || isObject(found)) return found
    throw invalidSchema(`What ${pointer} names is no schema`, where)
  }
}
