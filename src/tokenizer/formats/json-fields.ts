// Typed, checked access to a parsed JSON object. Own properties only: a key such as `constructor` or
// `__proto__` in a file is data. Every complaint names the key path.
import { invalid } from './limits.ts'

/** What a value is, in the words of JSON. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export class JsonFields {
  private readonly object: object
  readonly where: string

  /** Throws FORMAT_INVALID when `value` is not an object. */
  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid(`Expected an object, found ${kindOf(value)}`, where)
    }
    this.object = value
    this.where = where
  }

  path(key: string): string {
    return this.where === '' ? key : `${this.where}.${key}`
  }

  keys(): string[] {
    return Object.keys(this.object)
  }

  /** The value; `undefined` when the key is absent. */
  get(key: string): unknown {
    return Object.hasOwn(this.object, key) ? (this.object as Record<string, unknown>)[key] : undefined
  }

  /** Absent or null. */
  lacks(key: string): boolean {
    const value = this.get(key)
    return value === undefined || value === null
  }

  private typed<T>(key: string, what: string, test: (value: unknown) => value is T, fallback?: T): T {
    const value = this.get(key)
    if (value === undefined && fallback !== undefined) return fallback
    if (value === undefined) throw invalid(`Missing: ${what} is required here`, this.path(key))
    if (!test(value)) throw invalid(`Expected ${what}, found ${kindOf(value)}`, this.path(key))
    return value
  }

  string(key: string, fallback?: string): string {
    return this.typed(key, 'a string', (v): v is string => typeof v === 'string', fallback)
  }

  boolean(key: string, fallback?: boolean): boolean {
    return this.typed(key, 'true or false', (v): v is boolean => typeof v === 'boolean', fallback)
  }

  /** A non-negative integer of at most `max`. */
  integer(key: string, max: number, fallback?: number): number {
    const value = this.typed(key, 'an integer', (v): v is number => typeof v === 'number', fallback)
    return integerOf(value, max, this.path(key))
  }

  list(key: string, fallback?: unknown[]): unknown[] {
    return this.typed(key, 'a list', (v): v is unknown[] => Array.isArray(v), fallback)
  }

  child(key: string): JsonFields {
    return new JsonFields(this.get(key), this.path(key))
  }

  oneOf<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.string(key, fallback)
    const found = choices.find((c) => c === value)
    if (found === undefined) {
      throw invalid(`Expected one of ${choices.join(', ')}, found "${value.slice(0, 40)}"`, this.path(key))
    }
    return found
  }

  nullableString(key: string): string | null {
    return this.lacks(key) ? null : this.string(key)
  }
}

/** Throws FORMAT_INVALID unless `value` is an integer in [0, max]. */
export function integerOf(value: unknown, max: number, where: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
    throw invalid(`Expected an integer from 0 to ${max}, found ${String(value).slice(0, 40)}`, where)
  }
  return value
}

export function stringOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw invalid(`Expected a string, found ${kindOf(value)}`, where)
  return value
}
