// Added tokens looked for in the bytes of a text, while it is cut into pieces. Some vocabularies have one for
// every line break (Gemma): cutting such a text into strings first costs more than encoding it.
// Only for lists of plain tokens: looked for in the source, without flags, all of them taken wherever they
// stand. Leftmost, longest, as in ../added.
import { utf8Encode } from '../../core/index.ts'
import type { AddedToken } from '../spec.ts'

/** Longest token in bytes: it bounds what one place of the text can cost. */
const LONGEST = 64

export class InlineAdded {
  /** `[256]` 1 = some token starts with this byte. */
  readonly starts = new Uint8Array(256)
  /** The token of the last `match`. */
  id = -1
  /** A trie of bytes: label, first child, next sibling (0 = none) and token (-1 = none) of each node. */
  private readonly labels: Uint8Array
  private readonly children: Int32Array
  private readonly siblings: Int32Array
  private readonly ids: Int32Array
  private readonly roots = new Int32Array(256)

  /**
   * Null when the list is empty or has tokens of other kinds. Texts with ▁ must not come here: tokens with
   * ▁ are left out.
   */
  static of(tokens: readonly AddedToken[]): InlineAdded | null {
    const contents: Uint8Array[] = []
    const ids: number[] = []
    for (const token of tokens) {
      const { content } = token
      if (content === '') continue
      if (token.normalized || token.single_word || token.lstrip || token.rstrip) return null
      // U+FFFD in bytes may have been a lone surrogate in the text; a text is cut into windows at "x ".
      if (/[\uD800-\uDFFF\uFFFD]/.test(content) || /[A-Za-z] /.test(content)) return null
      if (content.includes('▁')) continue
      const bytes = utf8Encode(content)
      if (bytes.length > LONGEST) return null
      contents.push(bytes)
      ids.push(token.id)
    }
    return contents.length > 0 ? new InlineAdded(contents, ids) : null
  }

  private constructor(contents: readonly Uint8Array[], ids: readonly number[]) {
    const most = contents.reduce((sum, bytes) => sum + bytes.length, 1)
    this.labels = new Uint8Array(most)
    this.children = new Int32Array(most)
    this.siblings = new Int32Array(most)
    this.ids = new Int32Array(most).fill(-1)
    let nodes = 1
    contents.forEach((bytes, n) => {
      const first = bytes[0]!
      this.starts[first] = 1
      let node = (this.roots[first] ||= nodes++)
      for (let i = 1; i < bytes.length; i++) {
        let child = this.child(node, bytes[i]!)
        if (child === 0) {
          child = nodes++
          this.labels[child] = bytes[i]!
          this.siblings[child] = this.children[node]!
          this.children[node] = child
        }
        node = child
      }
      // Of two equal tokens the last counts.
      this.ids[node] = ids[n]!
    })
  }

  /** End of the longest token that starts at `at`, and its id in `id`; -1 when none does. */
  match(bytes: Uint8Array, at: number, end: number): number {
    let node = this.roots[bytes[at]!]!
    let found = -1
    for (let i = at + 1; node !== 0; i++) {
      if (this.ids[node]! >= 0) {
        found = i
        this.id = this.ids[node]!
      }
      if (i >= end) break
      node = this.child(node, bytes[i]!)
    }
    return found
  }

  private child(node: number, byte: number): number {
    let child = this.children[node]!
    while (child !== 0 && this.labels[child] !== byte) child = this.siblings[child]!
    return child
  }
}
