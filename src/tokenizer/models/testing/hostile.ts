// Texts that find mistakes: every Unicode category, marks out of order, the white space of one regex
// dialect that another lacks, U+2581, long runs, text that looks like special tokens.
import { Random } from '../../../core/index.ts'

// prettier-ignore
const PIECES = [
  ' ', '  ', '   ', '\t', '\n', '\r\n', '\n\n', '\u0085', '\u00a0', '\u3000', '\u2028', '\u200b', '\u200d', '\ufeff', '\u2581', '\u2581\u2581',
  'a', 'the', 'Hello', 'WORLD', "don't", "I'LL", "'s", 'naïve', 'É', 'ß', 'ſ', 'K', 'İ', 'ǅ', '0', '12', '12345', '٣', '½', 'Ⅷ', '²', '\u{11de0}',
  '.', ',', '!?', '...', '(hasOwnProperty', '__proto__', '_', '-', '\u2014', '«', '»', '$', '+', '<', '>', '|', '`', '~', '€', '^', '\u061d',
  'é', 'e\u0301', '\u0301', '\u031d\u0c3c', '\u0327\u0301', 'ﬁ', '①', '…', '漢字', 'かな', 'カー', '中', '한국', '각', 'ไทย', 'हिन्दी', 'العربية', 'שלום', 'Ω', 'ж', '\u0640',
  '🙂', '👩‍👩‍👧', '🏴\u{e0067}', '𝒜', '𐍈', '\u{323b0}', '\u{10ffff}', '\ue000', '\ufffd', '\u0000', '\u0001', '\u007f', '\u00ad', '\u202e',
  '<s>', '</s>', '<unk>', '[CLS]', '[SEP]', '[MASK]', '<|endoftext|>', '##ing', '<0x41>', '<0xE2>',
]

/** One text of up to `most` pieces. */
export function hostileText(random: Random, most = 12): string {
  const count = random.int(most + 1)
  let text = ''
  for (let n = 0; n < count; n++) {
    const kind = random.int(12)
    if (kind === 0) text += anyCharacter(random)
    else if (kind === 1) text += random.pick(PIECES).repeat(1 + random.int(20))
    else text += random.pick(PIECES)
  }
  return text
}

export function hostileTexts(count: number, seed: number, most = 12): string[] {
  const random = new Random(seed)
  return Array.from({ length: count }, () => hostileText(random, most))
}

/** Any code point but a surrogate, mostly from the first planes. */
function anyCharacter(random: Random): string {
  const below = random.pick([0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000])
  const cp = random.int(below)
  return cp >= 0xd800 && cp <= 0xdfff ? '\ufffd' : String.fromCodePoint(cp)
}
