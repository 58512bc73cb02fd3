// Reading the fields of a JSON body: each is checked for type and range when it is read, null counts as absent
// (clients send it for defaults), and a field that nobody read is refused, so that no option is silently ignored.
import { TesseraError } from '../../../core/index.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** A value as it is shown in a message: short, whatever it is. */
function shown(value: unknown): string {
  const text = Array.isArray(value) ? `an array of ${value.length}` : (JSON.stringify(value) ?? 'nothing')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** REQUEST_INVALID about one field; `param` as the OpenAI API names it: `messages[2].content`. */
export function invalid(param: string, message: string, hint?: string): TesseraError {
  return new TesseraError('REQUEST_INVALID', message, { where: param, hint })
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Range {
  least: number
  most: number
}

export class Fields {
  private readonly json: JsonObject
  private readonly path: string
  private readonly read = new Set<string>()

  /** Throws REQUEST_INVALID when the value is no object. `path` is put before the names in messages. */
  constructor(value: unknown, path = '') {
    if (!isObject(value)) throw invalid(path || 'body', `Expected a JSON object, got ${shown(value)}`)
    this.json = value
    this.path = path
  }

  /** The name of a field in messages. */
  at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`
  }

  /** The bare value; undefined when it is absent or null. */
  value(key: string): unknown {
    this.read.add(key)
    // The body is a plain object of JSON.parse; `constructor` and the like must not be found on its prototype.
    return Object.hasOwn(this.json, key) ? (this.json[key] ?? undefined) : undefined
  }

  has(key: string): boolean {
    return this.value(key) !== undefined
  }

  text(key: string, most = Infinity): string | undefined {
    const value = this.value(key)
    if (value === undefined) return undefined
    if (typeof value !== 'string') throw this.wrong(key, 'a string', value)
    if (value.length > most) throw invalid(this.at(key), `${value.length} characters; at most ${most}`)
    return value
  }

  flag(key: string): boolean | undefined {
    const value = this.value(key)
    if (value === undefined || typeof value === 'boolean') return value
    throw this.wrong(key, 'true or false', value)
  }

  number(key: string, { least, most }: Range): number | undefined {
    const value = this.value(key)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw this.wrong(key, `a number from ${least} to ${most}`, value)
    }
    return value
  }

  whole(key: string, { least, most }: Range): number | undefined {
    const value = this.number(key, { least, most })
    if (value === undefined || Number.isSafeInteger(value)) return value
    throw this.wrong(key, `a whole number from ${least} to ${most}`, value)
  }

  oneOf<const T extends string>(key: string, names: readonly T[]): T | undefined {
    const value = this.value(key)
    if (value === undefined) return undefined
    const found = names.find((name) => name === value)
    if (found === undefined) throw this.wrong(key, `one of ${names.join(', ')}`, value)
    return found
  }

  /** The fields of an object within. */
  object(key: string): Fields | undefined {
    const value = this.value(key)
    return value === undefined ? undefined : new Fields(value, this.at(key))
  }

  /** A list of at most `most` values. */
  list(key: string, most: number): readonly unknown[] | undefined {
    const value = this.value(key)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw this.wrong(key, 'an array', value)
    if (value.length > most) throw invalid(this.at(key), `${value.length} values; at most ${most}`)
    return value
  }

  /** Refuses a field that we cannot honour, unless it has the value that changes nothing. */
  onlyAs(key: string, ...harmless: readonly unknown[]): void {
    const value = this.value(key)
    if (value === undefined) return
    const empty = Array.isArray(value) && value.length === 0
    if (empty || harmless.includes(value)) return
    throw invalid(this.at(key), `${shown(value)} is not supported by this server`, 'Leave the field out')
  }

  /** Marks fields as read that carry labels of the caller and change nothing by their meaning. */
  labels(...keys: readonly string[]): void {
    for (const key of keys) this.read.add(key)
  }

  /** Throws REQUEST_INVALID for the first field that nobody read. */
  end(): void {
    for (const key of Object.keys(this.json)) {
      if (this.read.has(key)) continue
      const name = key.length > 60 ? `${key.slice(0, 57)}…` : key
      throw invalid(
        this.at(name),
        `Unknown field ${JSON.stringify(name)}`,
        'Check its spelling, or leave it out',
      )
    }
  }

  private wrong(key: string, expected: string, value: unknown): TesseraError {
    return invalid(this.at(key), `Expected ${expected}, got ${shown(value)}`)
  }
}
