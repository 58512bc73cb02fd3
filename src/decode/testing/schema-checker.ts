// A small validator of JSON Schema for tests, written from the specification (draft 2020-12) and not from the compiler:
// it answers for a parsed value, keyword by keyword.

type Schema = boolean | Readonly<Record<string, unknown>>
type Check = (
  value: unknown,
  schema: never,
  whole: Readonly<Record<string, unknown>>,
  root: Schema,
) => boolean

const typeIs: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

const onNumber = (test: (value: number, bound: number) => boolean): Check =>
  ((value: unknown, bound: number) => typeof value !== 'number' || test(value, bound)) as Check
const onString = (test: (value: string, bound: never) => boolean): Check =>
  ((value: unknown, bound: never) => typeof value !== 'string' || test(value, bound)) as Check
const onArray =
  (
    test: (
      value: readonly unknown[],
      ...rest: Parameters<Check> extends [unknown, ...infer R] ? R : never
    ) => boolean,
  ): Check =>
  (value, ...rest) =>
    !Array.isArray(value) || test(value, ...rest)
const onObject =
  (
    test: (
      value: Record<string, unknown>,
      ...rest: Parameters<Check> extends [unknown, ...infer R] ? R : never
    ) => boolean,
  ): Check =>
  (value, ...rest) =>
    !typeIs.object!(value) || test(value as Record<string, unknown>, ...rest)

const equal = (a: unknown, b: unknown): boolean => JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b))

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (!typeIs.object!(value)) return value
  return Object.fromEntries(
    Object.entries(value as object)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, own]) => [key, sortKeys(own)]),
  )
}

const FORMAT: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => new Date(`${text}T00:00:00Z`).toISOString().startsWith(text),
  'date-time': (text) => !Number.isNaN(Date.parse(text)),
  time: (text) => !Number.isNaN(Date.parse(`2001-01-01T${text}`)),
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
  ipv4: (text) =>
    text.split('.').length === 4 &&
    text.split('.').every((part) => Number(part) < 256 && String(Number(part)) === part),
  email: (text) => /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text),
  hostname: (text) => text.length < 254 && new URL(`http://${text}.`).hostname === `${text}.`,
  uri: (text) => URL.canParse(text),
}

const checks: Readonly<Record<string, Check>> = {
  type: ((value: unknown, types: string | string[]) =>
    [types].flat().some((type) => typeIs[type]!(value))) as Check,
  enum: ((value: unknown, list: unknown[]) => list.some((one) => equal(one, value))) as Check,
  const: ((value: unknown, one: unknown) => equal(one, value)) as Check,
  minimum: onNumber((value, bound) => value >= bound),
  maximum: onNumber((value, bound) => value <= bound),
  exclusiveMinimum: onNumber((value, bound) => value > bound),
  exclusiveMaximum: onNumber((value, bound) => value < bound),
  multipleOf: onNumber((value, bound) => value % bound === 0),
  minLength: onString((value, bound) => [...value].length >= bound),
  maxLength: onString((value, bound) => [...value].length <= bound),
  pattern: onString((value, source) => new RegExp(source, 'u').test(value)),
  format: onString((value, name) => FORMAT[name]!(value)),
  minItems: onArray((value, bound) => value.length >= bound),
  maxItems: onArray((value, bound) => value.length <= bound),
  prefixItems: onArray((value, list: readonly Schema[], _, root) =>
    list.every((schema, i) => i >= value.length || satisfies(value[i], schema, root)),
  ),
  items: onArray((value, schema: Schema, whole, root) =>
    value.slice(((whole.prefixItems ?? []) as unknown[]).length).every((one) => satisfies(one, schema, root)),
  ),
  required: onObject((value, names: readonly string[]) => names.every((name) => Object.hasOwn(value, name))),
  minProperties: onObject((value, bound) => Object.keys(value).length >= bound),
  maxProperties: onObject((value, bound) => Object.keys(value).length <= bound),
  properties: onObject((value, schemas: Record<string, Schema>, _, root) =>
    Object.entries(schemas).every(
      ([name, schema]) => !Object.hasOwn(value, name) || satisfies(value[name], schema, root),
    ),
  ),
  additionalProperties: onObject((value, schema: Schema, whole, root) =>
    Object.entries(value).every(
      ([name, own]) =>
        Object.hasOwn((whole.properties ?? {}) as object, name) || satisfies(own, schema, root),
    ),
  ),
  anyOf: ((value: unknown, list: readonly Schema[], _: unknown, root: Schema) =>
    list.some((schema) => satisfies(value, schema, root))) as Check,
  oneOf: ((value: unknown, list: readonly Schema[], _: unknown, root: Schema) =>
    list.filter((schema) => satisfies(value, schema, root)).length === 1) as Check,
  allOf: ((value: unknown, list: readonly Schema[], _: unknown, root: Schema) =>
    list.every((schema) => satisfies(value, schema, root))) as Check,
  $ref: ((value: unknown, pointer: string, _: unknown, root: Schema) => {
    let found: unknown = root
    for (const part of pointer.split('/').slice(1)) found = (found as Record<string, unknown>)[part]
    return satisfies(value, found as Schema, root)
  }) as Check,
}

const SILENT = new Set(['$defs', 'description', 'title', 'default'])

/** Whether a parsed value is valid. Throws for a keyword that it does not know. */
export function satisfies(value: unknown, schema: Schema, root: Schema = schema): boolean {
  if (typeof schema === 'boolean') return schema
  return Object.entries(schema).every(([key, own]) => {
    if (SILENT.has(key)) return true
    if (!checks[key]) throw new Error(`The checker does not know ${key}`)
    return checks[key](value, own as never, schema, root)
  })
}
