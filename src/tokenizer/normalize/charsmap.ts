// SentencePiece's compiled normalization map: a double-array trie (darts-clone) from UTF-8 keys to positions
// in a blob of zero-terminated replacements. Everything in it is untrusted: each step is bounds-checked.
// Source: sentencepiece normalizer.cc; the lookup is that of the Rust crate spm_precompiled.
import { firstMalformedByte, TesseraError, utf8Decode } from '../../core/index.ts'

const MAX_CHARSMAP = 64 << 20

function broken(message: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', `Broken precompiled_charsmap: ${message}`, {
    where: 'normalizer.precompiled_charsmap',
  })
}

export class Charsmap {
  private readonly units: Uint32Array
  private readonly blob: Uint8Array
  private readonly texts = new Map<number, string>()

  /** From the base64 of tokenizer.json. Throws FORMAT_INVALID. */
  constructor(base64: string) {
    if (base64.length > MAX_CHARSMAP) throw broken('larger than 64 MB')
    let bytes: Uint8Array
    try {
      const binary = atob(base64)
      bytes = new Uint8Array(binary.length)
      for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
    } catch {
      throw broken('not base64')
    }
    if (bytes.length < 4) throw broken('shorter than its header')
    const view = new DataView(bytes.buffer)
    const size = view.getUint32(0, true)
    if (size % 4 !== 0 || size > bytes.length - 4) throw broken(`a trie of ${size} bytes in ${bytes.length}`)
    this.units = new Uint32Array(size / 4)
    for (let i = 0; i < this.units.length; i++) this.units[i] = view.getUint32(4 + 4 * i, true)
    this.blob = bytes.subarray(4 + size)
    if (firstMalformedByte(this.blob) >= 0) throw broken('replacements that are not UTF-8')
  }

  /**
   * The replacement of the SHORTEST key that is a prefix of `key[0 .. length)`, or null. That a prefix
   * answers for the whole key is how the reference does it.
   */
  find(key: Uint8Array, length: number): string | null {
    const { units } = this
    if (units.length === 0) return null
    let at = offset(units[0]!)
    for (let i = 0; i < length; i++) {
      const byte = key[i]!
      if (byte === 0) return null
      at ^= byte
      if (at >= units.length) return null
      const unit = units[at]!
      if ((unit & 0x800000ff) >>> 0 !== byte) return null
      at ^= offset(unit)
      if (((unit >>> 8) & 1) === 1) {
        return at < units.length ? this.replacement(units[at]! & 0x7fffffff) : null
      }
    }
    return null
  }

  /** The LONGEST key that `text` goes on with at `from`: its replacement and where the key ends; or null. */
  longest(text: string, from: number): { text: string; end: number } | null {
    const { units } = this
    if (units.length === 0) return null
    let found: { text: string; end: number } | null = null
    let at = offset(units[0]!)
    /** Follows one byte; false = no key goes on like this. */
    const follow = (byte: number): boolean => {
      at ^= byte
      if (byte === 0 || at >= units.length) return false
      const unit = units[at]!
      if ((unit & 0x800000ff) >>> 0 !== byte) return false
      at ^= offset(unit)
      leaf = ((unit >>> 8) & 1) === 1
      return true
    }
    let leaf = false
    for (let i = from; i < text.length;) {
      const code = text.codePointAt(i)!
      i += code > 0xffff ? 2 : 1
      let known: boolean
      if (code < 0x80) known = follow(code)
      else if (code < 0x800) known = follow(0xc0 | (code >> 6)) && follow(0x80 | (code & 63))
      else {
        const head =
          code < 0x10000
            ? follow(0xe0 | (code >> 12))
            : follow(0xf0 | (code >> 18)) && follow(0x80 | ((code >> 12) & 63))
        known = head && follow(0x80 | ((code >> 6) & 63)) && follow(0x80 | (code & 63))
      }
      if (!known) break
      if (leaf && at < units.length) {
        const replacement = this.replacement(units[at]! & 0x7fffffff)
        if (replacement !== null) found = { text: replacement, end: i }
      }
    }
    return found
  }

  private replacement(at: number): string | null {
    let text = this.texts.get(at)
    if (text === undefined) {
      if (at >= this.blob.length) return null
      const end = this.blob.indexOf(0, at)
      text = utf8Decode(this.blob.subarray(at, end < 0 ? this.blob.length : end))
      this.texts.set(at, text)
    }
    return text
  }
}

/** Distance to a unit's children. */
function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6)
}
