// A pull reader over the bytes of a JSON file. A vocabulary of 260,000 tokens and 500,000 merges is read
// from here straight into flat arrays; JSON.parse would build a million strings first, would put
// integer-like keys out of order, and would hide where in the file a mistake is.
// Grammar: RFC 8259. Lone surrogate escapes are refused, as by serde_json.
import { utf8DecodeStrict, utf8SequenceLength } from '../../core/index.ts'
import { invalid, MAX_NESTING } from './limits.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Where in the file a value stands: `[from, to)`. */
export interface Span {
  from: number
  to: number
}

export class JsonCursor {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
  /** The last string read, as UTF-8: `text[0 .. length)`. Reused by the next `readString`. */
  text: Uint8Array = new Uint8Array(256)

  constructor(bytes: Uint8Array, span: Span = { from: 0, to: bytes.length }) {
    this.bytes = bytes
    this.at = span.from
    this.end = span.to
  }

  fail(message: string): never {
    throw invalid(message, `byte ${this.at}`, 'The file is damaged or is not JSON')
  }

  /** The next byte that is not white space (not consumed), or -1 at the end. */
  peek(): number {
    const { bytes, end } = this
    let at = this.at
    while (at < end) {
      const c = bytes[at]!
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) {
        this.at = at
        return c
      }
      at++
    }
    this.at = at
    return -1
  }

  /** Consumes the next byte when it is `byte`. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false
    this.at++
    return true
  }

  expect(byte: number): void {
    if (!this.take(byte)) {
      const found = this.at < this.end ? `"${String.fromCharCode(this.bytes[this.at]!)}"` : 'the end'
      this.fail(`Expected "${String.fromCharCode(byte)}", found ${found}`)
    }
  }

  /** After an entry of a list or object: true = another one follows, false = `close` was consumed. */
  more(close: number): boolean {
    if (this.take(0x2c)) return true
    this.expect(close)
    return false
  }

  /** Skips one value by its brackets and quotes; the parts that are used later are checked then. */
  skipValue(): Span {
    const first = this.peek()
    const from = this.at
    const { bytes, end } = this
    let at = from
    if (first === QUOTE || first === 0x7b || first === 0x5b) {
      let depth = 0
      do {
        if (at >= end) break
        const c = bytes[at++]!
        if (c === QUOTE) {
          for (;;) {
            if (at >= end) this.fail('The file ends inside a string')
            const s = bytes[at++]!
            if (s === QUOTE) break
            if (s === BACKSLASH) at++
          }
        } else if (c === 0x7b || c === 0x5b) {
          if (++depth > MAX_NESTING) {
            this.at = at
            this.fail(`More than ${MAX_NESTING} levels of nesting`)
          }
        } else if (c === 0x7d || c === 0x5d) depth--
      } while (depth > 0)
      if (depth > 0 || at > end) {
        this.at = end
        this.fail('The file ends inside a value')
      }
    } else {
      while (at < end && bytes[at]! > 0x20 && bytes[at] !== 0x2c && bytes[at] !== 0x7d && bytes[at] !== 0x5d)
        at++
      if (at === from) this.fail('A value is missing')
    }
    this.at = at
    return { from, to: at }
  }

  /** Reads a string into `text` and returns its length in bytes. */
  readString(): number {
    if (this.peek() !== QUOTE) this.fail('Expected a string')
    const { bytes, end } = this
    let out = this.text
    let at = this.at + 1
    let n = 0
    for (;;) {
      if (at >= end) this.fail('The file ends inside a string')
      if (n + 4 > out.length) {
        const larger = new Uint8Array(out.length * 2)
        larger.set(out)
        out = this.text = larger
      }
      const c = bytes[at]!
      if (c === QUOTE) break
      if (c >= 0x80) {
        const length = utf8SequenceLength(bytes, at, end)
        if (length === 0) {
          this.at = at
          this.fail('Malformed UTF-8')
        }
        for (let i = 0; i < length; i++) out[n++] = bytes[at++]!
      } else if (c === BACKSLASH) {
        this.at = at
        const code = this.readEscape()
        at = this.at
        if (code < 0x80) out[n++] = code
        else if (code < 0x800) {
          out[n++] = 0xc0 | (code >> 6)
          out[n++] = 0x80 | (code & 63)
        } else if (code < 0x10000) {
          out[n++] = 0xe0 | (code >> 12)
          out[n++] = 0x80 | ((code >> 6) & 63)
          out[n++] = 0x80 | (code & 63)
        } else {
          out[n++] = 0xf0 | (code >> 18)
          out[n++] = 0x80 | ((code >> 12) & 63)
          out[n++] = 0x80 | ((code >> 6) & 63)
          out[n++] = 0x80 | (code & 63)
        }
      } else if (c < 0x20) {
        this.at = at
        this.fail('A control character inside a string')
      } else {
        out[n++] = c
        at++
      }
    }
    this.at = at + 1
    return n
  }

  /** Reads the escape at `at`; a pair of surrogate escapes is one code point. */
  private readEscape(): number {
    const c = this.at + 1 < this.end ? this.bytes[this.at + 1]! : 0
    const simple = '"\\/bfnrt'.indexOf(String.fromCharCode(c))
    if (simple >= 0) {
      this.at += 2
      return '"\\/\b\f\n\r\t'.charCodeAt(simple)
    }
    if (c !== 0x75) this.fail('Unknown escape in a string')
    const unit = this.hex4(this.at + 2)
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const low =
        this.bytes[this.at + 6] === BACKSLASH && this.bytes[this.at + 7] === 0x75 ? this.hex4(this.at + 8) : 0
      if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) this.fail('Half of a surrogate pair in a string')
      this.at += 12
      return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
    }
    this.at += 6
    return unit
  }

  private hex4(at: number): number {
    let value = 0
    for (let i = 0; i < 4; i++) {
      const c = at + i < this.end ? this.bytes[at + i]! : 0
      const digit =
        c >= 0x30 && c <= 0x39 ? c - 0x30 : (c | 32) >= 0x61 && (c | 32) <= 0x66 ? (c | 32) - 0x57 : -1
      if (digit < 0) this.fail('Expected four hexadecimal digits')
      value = value * 16 + digit
    }
    return value
  }

  /** Reads a number in JSON's notation. */
  readNumber(): number {
    this.peek()
    const { bytes, end } = this
    const from = this.at
    let at = from
    let value = 0
    while (at < end && at - from < 15 && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) {
      value = value * 10 + bytes[at++]! - 0x30
    }
    const next = at < end ? bytes[at]! : 0x20
    const wellFormed = at > from && (at === from + 1 || bytes[from] !== 0x30)
    const goesOn = next === 0x2e || (next | 32) === 0x65 || (next >= 0x30 && next <= 0x39)
    if (wellFormed && !goesOn) {
      this.at = at
      return value
    }
    let text = ''
    at = from
    while (at < end && at - from < 64 && /[-+.\deE]/.test(String.fromCharCode(bytes[at]!))) {
      text += String.fromCharCode(bytes[at++]!)
    }
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text)) this.fail('Expected a number')
    this.at = at
    return Number(text)
  }

  /** Nothing but white space may follow. */
  finish(): void {
    if (this.peek() !== -1) this.fail('Something follows the end of the value')
  }
}

/** Reads `{`, and for each key calls `visit`, which has to consume the value; it stops when that returns false. */
function eachKey(cursor: JsonCursor, where: string, visit: (key: string) => boolean): void {
  if (cursor.peek() !== 0x7b) throw invalid('Expected a JSON object', where || `byte ${cursor.at}`)
  cursor.at++
  if (cursor.take(0x7d)) return
  do {
    const n = cursor.readString()
    const key = utf8DecodeStrict(cursor.text.subarray(0, n))
    cursor.expect(0x3a)
    if (!visit(key)) return
  } while (cursor.more(0x7d))
}

/**
 * The keys of an object and where their values stand; a repeated key counts by its last value. A key of
 * `inner` whose value is an object is indexed there in the same pass.
 */
export function indexObject(
  bytes: Uint8Array,
  span: Span,
  where: string,
  { maxKeys = 4096, inner }: { maxKeys?: number; inner?: ReadonlyMap<string, Map<string, Span>> } = {},
): Map<string, Span> {
  const cursor = new JsonCursor(bytes, span)
  const index = new Map<string, Span>()
  const into = (target: Map<string, Span>, key: string): boolean => {
    const nested = target === index ? inner?.get(key) : undefined
    if (nested && cursor.peek() === 0x7b) {
      const from = cursor.at
      nested.clear()
      eachKey(cursor, key, (innerKey) => into(nested, innerKey))
      target.set(key, { from, to: cursor.at })
    } else target.set(key, cursor.skipValue())
    if (target.size > maxKeys) throw invalid(`More than ${maxKeys} keys`, where || undefined)
    return true
  }
  eachKey(cursor, where, (key) => into(index, key))
  cursor.finish()
  return index
}

/** The first of `keys` that the object at `from` has, without looking behind it; null = none. */
export function firstKey(bytes: Uint8Array, from: number, keys: readonly string[]): string | null {
  const cursor = new JsonCursor(bytes, { from, to: bytes.length })
  let found: string | null = null
  eachKey(cursor, '', (key) => {
    if (keys.includes(key)) {
      found = key
      return false
    }
    cursor.skipValue()
    return true
  })
  return found
}

/** One value through JSON.parse, its nesting already bounded by `skipValue`. */
export function parseSpan(bytes: Uint8Array, span: Span, where: string): unknown {
  try {
    return JSON.parse(utf8DecodeStrict(bytes.subarray(span.from, span.to), where)) as unknown
  } catch (cause) {
    if (cause instanceof SyntaxError) {
      throw invalid(`Not JSON: ${cause.message.slice(0, 120)}`, where, undefined, cause)
    }
    throw cause
  }
}
