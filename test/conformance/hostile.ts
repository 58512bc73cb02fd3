// Strings made to break tokenizers, from a seed: pieces of every Unicode category and of every corner that
// some tokenizer library is known to get wrong, joined at random.
import { Random } from '../../src/core/index.ts'
import { Category, categoryTable, lookup } from '../../src/tokenizer/unicode/index.ts'

const WORDS = [
  'the ',
  ' of',
  'hello',
  'World',
  'HTTPServer',
  'camelCase',
  'snake_case',
  ' été',
  'naïve',
  'Straße',
  'ﬁn',
]
const SCRIPTS = [
  '中文',
  '日本語',
  'カタカナ',
  'ひらがな',
  '한국어',
  'ไทย',
  'हिन्दी',
  'العربية',
  'עִבְרִית',
  'Русский',
  'ελλάς',
  'ქართ',
]
const SPACES = [
  ' ',
  '  ',
  '   ',
  '\t',
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  '\u0085',
  '\u00a0',
  '\u2003',
  '\u2028',
  '\u3000',
  '\v',
  '\f',
]
const INVISIBLE = [
  '\ufeff',
  '\u200b',
  '\u200d',
  '\u00ad',
  '\u2060',
  '\u180e',
  '\u061c',
  '\ufffd',
  '\u0000',
  '\u001f',
  '\u007f',
]
const CONTRACTIONS = [
  "'s",
  "'S",
  "'ſ",
  "'t",
  "'T",
  "'re",
  "'RE",
  "'Ve",
  "'m",
  "'ll",
  "'LL",
  "'lL",
  "'d",
  "'",
  '’s',
]
const MARKS = [
  '\u0301',
  '\u0345',
  '\u0323',
  '\u05b0',
  '\u0c3c',
  '\u031d',
  '\u3099',
  '\u0f71',
  '\u0f72',
  '\u1e08',
  'e\u0323\u0301',
  'e\u0301\u0323',
]
const NORMAL_FORMS = [
  'ﬁ',
  '①',
  '㎏',
  'Å',
  'Ω',
  'ﷺ',
  '가',
  '가',
  '각ᆨ',
  'ｶﾞ',
  '\u{1D7CE}',
  '\u{2F800}',
  '¼',
  'ĳ',
  'ǆ',
  'ẛ̣',
  '\u0958',
  '\u{1D15E}',
]
const NUMBERS = ['0', '7', '42', '123', '1234', '3.14', '٣', '²', 'Ⅷ', '½', '१२३', '1,000', '\u{1D7D8}']
const SYMBOLS = [
  '!',
  '//',
  '/*',
  '==',
  '->',
  '((',
  '{}',
  '_',
  '-',
  '…',
  '😀',
  '👨‍👩‍👧',
  '🇩🇪',
  '❤️',
  '™',
  '¬',
  '\ue000',
  '\u{10ffff}',
]
const PROPERTIES = [
  '(hasOwnProperty',
  '__proto__',
  'constructor',
  ' toString',
  'valueOf',
  '.prototype',
  ' __defineGetter__',
]
const TOKENS = [
  '<|endoftext|>',
  '<|im_start|>',
  '<s>',
  '</s>',
  '<bos>',
  '<unk>',
  '[CLS]',
  '[MASK]',
  '<|end_of_text|>',
  '<|',
  '|>',
  '<0x0A>',
  '<｜end▁of▁sentence｜>',
  '<unused7>',
]
const METASPACE = ['▁', '▁▁', '▁the', 'x▁', ' ▁', '▁ ']
const CASES = ['İ', 'ı', 'ẞ', 'ǅ', 'ŉ', 'Σ', 'ς', '\u{10400}', '\u{10428}', 'ʰ', 'ˈ', 'ª']
const SURROGATES = ['\ud800', '\udfff', '\udc00\ud800']

const POOLS = [
  WORDS,
  SCRIPTS,
  SPACES,
  INVISIBLE,
  CONTRACTIONS,
  MARKS,
  NORMAL_FORMS,
  NUMBERS,
  SYMBOLS,
  PROPERTIES,
  TOKENS,
  METASPACE,
  CASES,
  SURROGATES,
]

/** Up to 64 code points of each category, spread over the whole range; unassigned ones are a category too. */
function byCategory(): number[][] {
  const table = categoryTable('tiktoken')
  const all = new Map<number, number[]>()
  for (let cp = 0; cp < 0x110000; cp++) {
    const category = lookup(table, cp)
    if (category === Category.Cs) continue
    let list = all.get(category)
    if (!list) all.set(category, (list = []))
    list.push(cp)
  }
  return [...all.values()].map((list) => {
    const step = Math.max(1, Math.floor(list.length / 64))
    return list.filter((_, i) => i % step === 0)
  })
}

let categories: number[][] | null = null

/** The same `count` strings for the same seed. Some hold lone surrogates. */
export function hostileStrings(seed: number, count: number): string[] {
  const random = new Random(seed)
  categories ??= byCategory()
  return Array.from({ length: count }, (_, i) => {
    if (i < 4) return ['', '\ufeff', '\ufeffhello', ' '][i]!
    let text = ''
    for (let n = 1 + random.int(10); n > 0; n--) text += piece(random, categories!)
    return text
  })
}

function piece(random: Random, ofCategory: number[][]): string {
  const kind = random.int(24)
  if (kind < 5) return String.fromCodePoint(random.pick(random.pick(ofCategory)))
  if (kind === 5) return anyCodePoint(random)
  if (kind === 6) return random.pick(random.pick(POOLS)).repeat(1 + random.int(40))
  if (kind === 7) return random.pick(random.pick(POOLS)).toUpperCase()
  return random.pick(random.pick(POOLS))
}

function anyCodePoint(random: Random): string {
  const cp = random.int(0x110000)
  return cp >= 0xd800 && cp < 0xe000 ? '\ufffd' : String.fromCodePoint(cp)
}

/** A string with control characters and everything beyond ASCII visible, for messages. */
export function visible(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
