// Text that takes every branch of the scanners, for the JavaScript engine to see before it optimizes them.
// Engines compile what has happened so far. The first Gothic letter or half-width Kana in a long run of text
// throws the compiled scanner away, and it crawls until it is compiled again: over many scripts that cost more
// than half of the time. One pass over a page of every kind of character prevents it.

/** Some of each Unicode category and each length of UTF-8, unassigned and private ones too. */
const CHARACTERS = [
  ...'aZ9_-([])\'"/#$+^~ \t\r\n\v\u0000\u007f',
  ...'éÉßſʰªǅжЖאعا٣²½´§«»\u00a0\u0085\u00ad\u0301\u0378\u0600',
  ...'ạẠᾈ中あカ한กि\u0e31₂Ⅷ๓‐—‘’“”‿€∑゛⃝▁\u3000\u2028\u2029\u200b\u200d\ufeff\ufffd\ue000ｱ１\u2fe0',
  ...'𐐀𐐨𝒜𠀀😀🏽𑀀𐄇𝟏𞤀𝅥𒀀𖿡\u{e0100}\u{1fbff}\u{10ffff}\u{1d7fe}',
]
const CONTRACTIONS = ["'s", "'T", "'re", "'VE", "'m", "'ll", "'d", "'ſ", "'x", "'r", "'é", "'"]

/** Each character alone, behind a space, in words, in runs, between lines; contractions; numbers; long words. */
export function warmUpText(): string {
  const parts = CHARACTERS.flatMap((c) => [
    c,
    ` ${c}`,
    `a${c}B`,
    `A${c}${c}`,
    `\n${c}\n`,
    `1${c}`,
    `.${c} ${c}`,
  ])
  for (const end of CONTRACTIONS) parts.push(`we${end} WE${end}a ก${end}${end}`)
  parts.push('1234567 x\n\n\n  y  \t \r\n//\n z ..\n/ \u3000 ', '!'.repeat(70), ' ', '\n'.repeat(20))
  for (const length of [30, 80, 200]) parts.push(' ', 'qxzj'.repeat(length / 4), ' ', 'กฮ'.repeat(length / 6))
  return `${parts.join(' ')}${parts.join('')}`
}
