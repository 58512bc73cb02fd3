// Which two neighbours dynamic tokenization may join (Feher, Vulić, Minixhofer 2024, arXiv 2411.18553; the
// rule for spaces is that of the authors' code): the joined string must stay within one pretoken, or one
// word. Bytes that are no UTF-8 yet may always join, since a character may be spread over tokens; therefore
// spaces are looked at before: a space, tab or newline may stand in front only, unless there is nothing else.
import { firstMalformedByte, utf8Decode } from '../../core/index.ts'
import { aligned } from '../aligned.ts'
import { compilePreTokenizer } from '../pretokenize/index.ts'
import type { TokenizerSpec } from '../spec.ts'

/**
 * How far merges may reach:
 * - `pretokens`: within what the tokenizer's own pre-tokenizer keeps together;
 * - `word`: within what stands between white space;
 * - `sentence`: only special tokens stop it. (The authors' code applies its rule for spaces here too, which
 *   makes it `word` with other white space; here it is what the paper's text says.)
 */
export type Boundary = 'pretokens' | 'word' | 'sentence'

const MOST_REMEMBERED = 200_000

/** The rule over the bytes of a joined token, remembered by string. */
export function mergeRule(
  spec: Pick<TokenizerSpec, 'preTokenizer' | 'reference'>,
  boundary: Boundary,
): (bytes: Uint8Array) => boolean {
  if (boundary === 'sentence') return () => true
  const split = compilePreTokenizer(
    boundary === 'word' ? { type: 'WhitespaceSplit' } : spec.preTokenizer,
    spec.reference,
  )
  const known = new Map<string, boolean>()
  return (bytes) => {
    if (!spacesAllow(bytes)) return false
    if (firstMalformedByte(bytes) >= 0) return true
    const text = utf8Decode(bytes)
    let answer = known.get(text)
    if (answer === undefined) {
      if (known.size >= MOST_REMEMBERED) known.clear()
      answer = split([aligned(text, false)]).length === 1
      known.set(text, answer)
    }
    return answer
  }
}

function spacesAllow(bytes: Uint8Array): boolean {
  let inside = false
  for (let i = 1; i < bytes.length && !inside; i++) inside = isSpace(bytes[i]!)
  if (!inside) return true
  if (bytes.length === 2 && bytes[0] === 0x0a && bytes[1] === 0x0a) return false
  return bytes.every(isSpace)
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a
}
