// English contractions ('s 't 're 've 'm 'll 'd) as the known patterns treat them.

/**
 * - `exact`: lower case only (GPT-2);
 * - `ascii`: any ASCII case (patterns that list 's|'S|…);
 * - `folded`: (?i:…), which by Unicode simple folding also takes U+017F ſ for s.
 */
export type ContractionCase = 'exact' | 'ascii' | 'folded'

/** End of the contraction that starts with the apostrophe at `pos`, or `pos` when there is none. */
export function contractionEnd(bytes: Uint8Array, pos: number, end: number, kind: ContractionCase): number {
  if (pos + 1 >= end || bytes[pos] !== 0x27) return pos
  const raw = bytes[pos + 1]!
  if (raw === 0xc5) {
    return kind === 'folded' && pos + 2 < end && bytes[pos + 2] === 0xbf ? pos + 3 : pos
  }
  const fold = kind === 'exact' ? 0 : 0x20
  const a = raw | fold
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return pos + 2
  if (pos + 2 >= end) return pos
  const b = bytes[pos + 2]! | fold
  if ((a === 0x72 && b === 0x65) || (a === 0x76 && b === 0x65) || (a === 0x6c && b === 0x6c)) return pos + 3
  return pos
}
