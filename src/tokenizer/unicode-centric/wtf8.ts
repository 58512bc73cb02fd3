// WTF-8 (Simon Sapin): UTF-8 that may also hold lone surrogates, three bytes each. It is how a JavaScript
// string of any kind, well-formed or not, gets through bytes and back.

/** UTF-16 units of the bytes, or null when they are not well-formed. */
export function wtf8Units(bytes: readonly number[]): number[] | null {
  const units: number[] = []
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i]!
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
    if (length === 0 || i + length > bytes.length) return null
    let cp = length === 1 ? lead : lead & (0x7f >> length)
    for (let j = 1; j < length; j++) {
      const next = bytes[i + j]!
      if ((next & 0xc0) !== 0x80) return null
      cp = (cp << 6) | (next & 0x3f)
    }
    if ((length === 3 && cp < 0x800) || (length === 4 && (cp < 0x10000 || cp > 0x10ffff))) return null
    if (cp > 0xffff) units.push(0xd7c0 + (cp >> 10), 0xdc00 | (cp & 0x3ff))
    else units.push(cp)
    i += length
  }
  return units
}
