// Schemas that hold together: `allOf`, and a `$ref` or `anyOf` with further keywords beside it, become one schema. Only
// keywords whose conjunction is a keyword again are merged; all else is refused, never dropped.
import { TesseraError } from '../../core/index.ts'

/** A JSON Schema: an object of keywords, or true (anything) or false (nothing). */
export type JsonSchema = boolean | { readonly [key: string]: unknown }
export type SchemaObject = Readonly<Record<string, unknown>>

/** Keywords that say nothing about what is valid. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$comment',
  '$schema',
  '$defs',
  'definitions',
  'contentMediaType',
  'contentEncoding',
])

export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword) || keyword.startsWith('x-')
}

export function unsupportedSchema(message: string, where: string, hint?: string): TesseraError {
  return new TesseraError('FORMAT_UNSUPPORTED', message, { where: `schema ${where}`, hint })
}

export function invalidSchema(message: string, where: string): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', message, { where: `schema ${where}` })
}

export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const LARGER = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const SMALLER = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])
const JOINED = new Set(['required', 'allOf'])

const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value)
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
const isSchema = (value: unknown) => typeof value === 'boolean' || isObject(value)
const isText = (value: unknown) => typeof value === 'string'
const listOf = (test: (value: unknown) => boolean, least: number) => (value: unknown) =>
  Array.isArray(value) && value.length >= least && value.every(test)
const schemaMap = (value: unknown) => isObject(value) && Object.values(value).every(isSchema)

/** What the value of a keyword must be. */
const SHAPES: Readonly<Record<string, readonly [expected: string, test: (value: unknown) => boolean]>> = {
  type: ['a type, or a list of types', (value) => isText(value) || listOf(isText, 1)(value)],
  enum: ['a list', Array.isArray],
  ...Object.fromEntries(
    ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].map((key) => [
      key,
      ['a number', isNumber] as const,
    ]),
  ),
  ...Object.fromEntries(
    ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map((key) => [
      key,
      ['a whole number from 0 on', isCount] as const,
    ]),
  ),
  pattern: ['a text', isText],
  format: ['a text', isText],
  $ref: ['a text', isText],
  uniqueItems: ['true or false', (value) => typeof value === 'boolean'],
  items: ['a schema', isSchema],
  additionalProperties: ['a schema', isSchema],
  prefixItems: ['a list of schemas', listOf(isSchema, 0)],
  properties: ['an object of schemas', schemaMap],
  required: ['a list of names', listOf(isText, 0)],
  anyOf: ['a list of at least one schema', listOf(isSchema, 1)],
  oneOf: ['a list of at least one schema', listOf(isSchema, 1)],
  allOf: ['a list of at least one schema', listOf(isSchema, 1)],
}

/** Throws ARGUMENT_INVALID for a keyword whose value is of the wrong kind. */
export function checkShapes(schema: SchemaObject, where: string): void {
  for (const [key, value] of Object.entries(schema)) {
    const shape = Object.hasOwn(SHAPES, key) ? SHAPES[key]! : null
    if (shape && !shape[1](value)) throw invalidSchema(`${key} is ${shape[0]}`, `${where}/${key}`)
  }
}

/** Both schemas at once. Throws FORMAT_UNSUPPORTED, ARGUMENT_INVALID. */
export function mergeSchemas(a: JsonSchema, b: JsonSchema, where: string): JsonSchema {
  for (const one of [a, b]) if (typeof one !== 'boolean') checkShapes(one, where)
  if (a === false || b === false) return false
  if (a === true) return b
  if (b === true) return a
  const merged: Record<string, unknown> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const own = merged[key]
    if (own === undefined || isAnnotation(key) || same(own, value)) merged[key] = value
    else if (LARGER.has(key)) merged[key] = Math.max(own as number, value as number)
    else if (SMALLER.has(key)) merged[key] = Math.min(own as number, value as number)
    else if (JOINED.has(key)) merged[key] = [...new Set([...(own as unknown[]), ...(value as unknown[])])]
    else if (key === 'type') merged.type = typesOfBoth(own, value)
    else if (key === 'enum') {
      merged.enum = (own as unknown[]).filter((one) => (value as unknown[]).some((other) => same(one, other)))
    } else if (key === 'properties') {
      const properties: Record<string, unknown> = { ...(own as SchemaObject) }
      for (const [name, schema] of Object.entries(value as SchemaObject)) {
        properties[name] =
          name in properties
            ? mergeSchemas(
                properties[name] as JsonSchema,
                schema as JsonSchema,
                `${where}/properties/${name}`,
              )
            : schema
      }
      merged.properties = properties
    } else if (key === 'items') merged.items = mergeSchemas(own as JsonSchema, value as JsonSchema, where)
    else throw unsupportedSchema(`Two different ${key} that must both hold`, where)
  }
  // "No others" counts by the properties beside it, not by those of the other schema.
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const others = one.additionalProperties
    if (others === undefined || others === true) continue
    const known = Object.keys((one.properties as SchemaObject | undefined) ?? {})
    const more = Object.keys((other.properties as SchemaObject | undefined) ?? {})
    if (more.some((name) => !known.includes(name))) {
      throw unsupportedSchema('additionalProperties beside the properties of another schema', where)
    }
  }
  return merged
}

function typesOfBoth(a: unknown, b: unknown): string[] {
  const expand = (type: unknown) =>
    new Set([type].flat().flatMap((one) => (one === 'number' ? ['number', 'integer'] : [one as string])))
  const other = expand(b)
  const both = [...expand(a)].filter((one) => other.has(one))
  return both.includes('number') ? both.filter((one) => one !== 'integer') : both
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, i) => same(one, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]))
}

export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object'
export const JSON_TYPES: readonly JsonType[] = [
  'null',
  'boolean',
  'integer',
  'number',
  'string',
  'array',
  'object',
]

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as JsonType
}

/** Whether no value can satisfy both; false also when it cannot be told. */
export function disjoint(a: JsonSchema, b: JsonSchema, resolve: (schema: JsonSchema) => JsonSchema): boolean {
  const one = resolve(a)
  const other = resolve(b)
  if (one === false || other === false) return true
  if (one === true || other === true) return false
  const values = valuesOf(one)
  const otherValues = valuesOf(other)
  if (values && otherValues) return !values.some((value) => otherValues.some((second) => same(value, second)))
  const types = values ? values.map(typeOfValue) : typesOf(one)
  const otherTypes = otherValues ? otherValues.map(typeOfValue) : typesOf(other)
  if (!types || !otherTypes) return false
  const meets = (type: JsonType, list: readonly JsonType[]) =>
    list.includes(type) ||
    (type === 'integer' && list.includes('number')) ||
    (type === 'number' && list.includes('integer'))
  const common = types.filter((type) => meets(type, otherTypes))
  if (common.length === 0) return true
  return common.every((type) => type === 'object') && objectsDisjoint(one, other, resolve)
}

function objectsDisjoint(
  a: SchemaObject,
  b: SchemaObject,
  resolve: (schema: JsonSchema) => JsonSchema,
): boolean {
  const required = (schema: SchemaObject) => (schema.required as string[] | undefined) ?? []
  const properties = (schema: SchemaObject) => (schema.properties as SchemaObject | undefined) ?? {}
  for (const name of required(a)) {
    if (!required(b).includes(name)) continue
    const [mine, yours] = [properties(a)[name], properties(b)[name]]
    if (
      mine !== undefined &&
      yours !== undefined &&
      disjoint(mine as JsonSchema, yours as JsonSchema, resolve)
    )
      return true
  }
  // What one must have and the other must not have.
  const closed = (one: SchemaObject, other: SchemaObject) =>
    one.additionalProperties === false && required(other).some((name) => !(name in properties(one)))
  return closed(a, b) || closed(b, a)
}

function valuesOf(schema: SchemaObject): readonly unknown[] | null {
  if ('const' in schema) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : null
}

function typesOf(schema: SchemaObject): readonly JsonType[] | null {
  return schema.type === undefined ? null : ([schema.type].flat() as JsonType[])
}
