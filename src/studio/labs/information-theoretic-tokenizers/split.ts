// A text in two parts that are alike: blocks of whole lines, turn by turn for training and for testing, and
// of each part as many blocks as fit, evenly over the whole text.

const BLOCK_CHARS = 800

/** Blocks of at least BLOCK_CHARS, ended at a line where there is one soon; joined they are the text. */
export function blocksOf(text: string): string[] {
  const blocks: string[] = []
  for (let at = 0; at < text.length;) {
    let end = at + BLOCK_CHARS
    if (end < text.length) {
      const line = text.indexOf('\n', end)
      const space = text.indexOf(' ', end)
      if (line >= 0 && line < end + BLOCK_CHARS) end = line + 1
      else if (space >= 0 && space < end + BLOCK_CHARS) end = space
      else if ((text.charCodeAt(end) & 0xfc00) === 0xdc00) end++
    }
    blocks.push(text.slice(at, end))
    at = end
  }
  return blocks
}

function evenly(blocks: readonly string[], most: number): string[] {
  const chars = blocks.reduce((sum, block) => sum + block.length, 0)
  const share = Math.min(1, most / Math.max(chars, 1))
  // The i-th is taken where the number of blocks due goes up by one.
  return blocks.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share))
}

/** At most about so many UTF-16 units each; `test` is empty for a text of one block. */
export function splitText(
  texts: readonly string[],
  trainChars: number,
  testChars: number,
): { train: string[]; test: string[] } {
  const blocks = texts.flatMap(blocksOf)
  const part = (odd: number) => blocks.filter((_, i) => i % 2 === odd)
  return { train: evenly(part(0), trainChars), test: evenly(part(1), testChars) }
}
