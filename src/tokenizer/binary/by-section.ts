// How the tokens of a file fall on its sections.
import type { BinaryTokenizer } from './tokenizer.ts'
import type { Section } from './sections/index.ts'

/**
 * `[sections]` number of tokens that begin in each section. `ids` are those of the whole file, as one
 * sequence; `sections` cover the file in order. A token may end in the next section.
 */
export function tokensBySection(
  tokenizer: BinaryTokenizer,
  ids: ArrayLike<number>,
  sections: readonly Section[],
): Uint32Array {
  const { offsets } = tokenizer.vocab
  const counts = new Uint32Array(sections.length)
  let section = 0
  let at = 0
  for (let i = 0; i < ids.length; i++) {
    while (section + 1 < sections.length && at >= sections[section]!.end) section++
    counts[section]!++
    const id = ids[i]!
    at += offsets[id + 1]! - offsets[id]!
  }
  return counts
}
