// Named sets of code points: what `\p{…}`, `\s`, `\w` and `[[:…:]]` mean to each reference, and the
// predicates of Hugging Face's Rust code, which come from crates of several Unicode versions:
// Punctuation and BertNormalizer from unicode_categories (about Unicode 8), marks from a normalization
// crate of Unicode 9, `char::is_numeric` from Rust's own tables (Unicode 17).
import type { Reference } from '../spec.ts'
import { Category, categoryTable } from './category.ts'
import {
  ALL_CODE_POINTS,
  complement,
  difference,
  membership,
  setFromRanges,
  setFromRuns,
  setFromTable,
  symmetricDifference,
  union,
  type CodePointSet,
} from './code-point-set.ts'
import * as differences from './data/huggingface.ts'
import * as binary from './data/properties.ts'
import { scriptSet } from './scripts.ts'

type CategoryName = keyof typeof Category

const CATEGORY_NAMES: Record<string, CategoryName> = {
  uppercaseletter: 'Lu',
  lowercaseletter: 'Ll',
  titlecaseletter: 'Lt',
  modifierletter: 'Lm',
  otherletter: 'Lo',
  nonspacingmark: 'Mn',
  spacingmark: 'Mc',
  enclosingmark: 'Me',
  decimalnumber: 'Nd',
  letternumber: 'Nl',
  othernumber: 'No',
  connectorpunctuation: 'Pc',
  dashpunctuation: 'Pd',
  openpunctuation: 'Ps',
  closepunctuation: 'Pe',
  initialpunctuation: 'Pi',
  finalpunctuation: 'Pf',
  otherpunctuation: 'Po',
  mathsymbol: 'Sm',
  currencysymbol: 'Sc',
  modifiersymbol: 'Sk',
  othersymbol: 'So',
  spaceseparator: 'Zs',
  lineseparator: 'Zl',
  paragraphseparator: 'Zp',
  control: 'Cc',
  format: 'Cf',
  surrogate: 'Cs',
  privateuse: 'Co',
  unassigned: 'Cn',
}

const GROUPS: Record<string, readonly CategoryName[]> = {
  l: ['Lu', 'Ll', 'Lt', 'Lm', 'Lo'],
  lc: ['Lu', 'Ll', 'Lt'],
  m: ['Mn', 'Mc', 'Me'],
  n: ['Nd', 'Nl', 'No'],
  p: ['Pc', 'Pd', 'Ps', 'Pe', 'Pi', 'Pf', 'Po'],
  s: ['Sm', 'Sc', 'Sk', 'So'],
  z: ['Zs', 'Zl', 'Zp'],
  c: ['Cc', 'Cf', 'Cs', 'Co', 'Cn'],
}

const GROUP_NAMES: Record<string, string> = {
  letter: 'l',
  casedletter: 'lc',
  mark: 'm',
  combiningmark: 'm',
  number: 'n',
  punctuation: 'p',
  symbol: 's',
  separator: 'z',
  other: 'c',
}

const cache = new Map<string, CodePointSet>()

function cached(key: string, make: () => CodePointSet): CodePointSet {
  let set = cache.get(key)
  if (!set) {
    set = make()
    cache.set(key, set)
  }
  return set
}

/** The code points of some General_Categories, by short names (`Lu`) or group letters (`L`). */
function categorySet(...names: string[]): CodePointSet {
  return cached(`gc ${names.join(' ')}`, () => {
    const wanted = new Set<number>()
    for (const name of names) {
      for (const n of GROUPS[name.toLowerCase()] ?? [name as CategoryName]) wanted.add(Category[n])
    }
    return setFromTable(categoryTable('huggingface'), (v) => wanted.has(v))
  })
}

const runs = (name: keyof typeof binary): CodePointSet => cached(name, () => setFromRuns(binary[name]))

const WHITE_SPACE: CodePointSet = setFromRanges([
  [0x09, 0x0e],
  [0x20, 0x21],
  [0x85, 0x86],
  [0xa0, 0xa1],
  [0x1680, 0x1681],
  [0x2000, 0x200b],
  [0x2028, 0x202a],
  [0x202f, 0x2030],
  [0x205f, 0x2060],
  [0x3000, 0x3001],
])
const HEX_DIGIT: CodePointSet = [0x30, 0x3a, 0x41, 0x47, 0x61, 0x67]

const alphabetic = () => union(categorySet('L', 'Nl'), runs('OTHER_ALPHABETIC'))
const uppercase = () => union(categorySet('Lu'), runs('OTHER_UPPERCASE'))
const lowercase = () => union(categorySet('Ll'), runs('OTHER_LOWERCASE'))
/** Oniguruma's word class inside brackets. */
const word = () => union(alphabetic(), categorySet('M', 'Nd', 'Pc'))
/** Unicode's own (UTS 18), as regex-syntax has it: with the two joiners. */
const wordWithJoiners = () => union(word(), [0x200c, 0x200e])
const visible = () => difference(ALL_CODE_POINTS, union(WHITE_SPACE, categorySet('Cc', 'Cs', 'Cn')))

const BINARY: Record<string, () => CodePointSet> = {
  any: () => ALL_CODE_POINTS,
  ascii: () => [0, 0x80],
  assigned: () => complement(categorySet('Cn')),
  alphabetic,
  alpha: alphabetic,
  uppercase,
  upper: uppercase,
  lowercase,
  lower: lowercase,
  whitespace: () => WHITE_SPACE,
  wspace: () => WHITE_SPACE,
  space: () => WHITE_SPACE,
  emoji: () => runs('EMOJI'),
  emojipresentation: () => runs('EMOJI_PRESENTATION'),
  epres: () => runs('EMOJI_PRESENTATION'),
  emojimodifier: () => [0x1f3fb, 0x1f400],
  emod: () => [0x1f3fb, 0x1f400],
  emojimodifierbase: () => runs('EMOJI_MODIFIER_BASE'),
  ebase: () => runs('EMOJI_MODIFIER_BASE'),
  extendedpictographic: () => runs('EXTENDED_PICTOGRAPHIC'),
  extpict: () => runs('EXTENDED_PICTOGRAPHIC'),
  ideographic: () => runs('IDEOGRAPHIC'),
  ideo: () => runs('IDEOGRAPHIC'),
  unifiedideograph: () => runs('UNIFIED_IDEOGRAPH'),
  uideo: () => runs('UNIFIED_IDEOGRAPH'),
  dash: () => runs('DASH'),
  diacritic: () => runs('DIACRITIC'),
  dia: () => runs('DIACRITIC'),
  quotationmark: () => runs('QUOTATION_MARK'),
  qmark: () => runs('QUOTATION_MARK'),
  defaultignorablecodepoint: () => runs('DEFAULT_IGNORABLE_CODE_POINT'),
  di: () => runs('DEFAULT_IGNORABLE_CODE_POINT'),
  variationselector: () => setFromRanges([[0x180b, 0x180e], [0x180f, 0x1810], [0xfe00, 0xfe10], [0xe0100, 0xe01f0]]),
  vs: () => setFromRanges([[0x180b, 0x180e], [0x180f, 0x1810], [0xfe00, 0xfe10], [0xe0100, 0xe01f0]]),
  regionalindicator: () => [0x1f1e6, 0x1f200],
  ri: () => [0x1f1e6, 0x1f200],
  joincontrol: () => [0x200c, 0x200e],
  joinc: () => [0x200c, 0x200e],
  asciihexdigit: () => HEX_DIGIT,
  ahex: () => HEX_DIGIT,
} // prettier-ignore

/** Oniguruma's names of POSIX classes, in `\p{…}` and in `[[:…:]]`. */
const ONIGURUMA_POSIX: Record<string, () => CodePointSet> = {
  alnum: () => union(alphabetic(), categorySet('Nd')),
  blank: () => union(categorySet('Zs'), [0x09, 0x0a]),
  cntrl: () => categorySet('Cc'),
  digit: () => categorySet('Nd'),
  graph: visible,
  print: () => difference(union(visible(), categorySet('Zs')), categorySet('Cc')),
  punct: () => categorySet('P'),
  xdigit: () => HEX_DIGIT,
  word,
}

const ASCII_POSIX: Record<string, CodePointSet> = {
  alnum: [0x30, 0x3a, 0x41, 0x5b, 0x61, 0x7b],
  alpha: [0x41, 0x5b, 0x61, 0x7b],
  ascii: [0, 0x80],
  blank: [0x09, 0x0a, 0x20, 0x21],
  cntrl: [0, 0x20, 0x7f, 0x80],
  digit: [0x30, 0x3a],
  graph: [0x21, 0x7f],
  lower: [0x61, 0x7b],
  print: [0x20, 0x7f],
  punct: [0x21, 0x30, 0x3a, 0x41, 0x5b, 0x61, 0x7b, 0x7f],
  space: [0x09, 0x0e, 0x20, 0x21],
  upper: [0x41, 0x5b],
  word: [0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b],
  xdigit: HEX_DIGIT,
}

/**
 * The set that `\p{name}` means to the reference's regex engine, or null when we do not know the name.
 * Case, spaces, `_` and `-` in the name do not matter. `inBrackets`: the property stands inside `[…]`,
 * where Oniguruma's Word loses the Latin-1 superscripts and fractions.
 */
export function propertySet(reference: Reference, name: string, inBrackets = false): CodePointSet | null {
  const plain = name.toLowerCase().replace(/[\s_-]/g, '')
  const rust = reference === 'tiktoken'
  const key = `${rust ? 'rust' : 'onig'} ${inBrackets} ${plain}`
  const known = cache.get(key)
  if (known) return known
  let set: CodePointSet | null = null
  if (rust) {
    const [, property, value] = /^([a-z]+)[=:](.+)$/.exec(plain) ?? []
    if (property === undefined) set = named(plain) ?? named(plain.replace(/^is/, ''))
    else if (property === 'script' || property === 'sc') set = scriptSet(value!)
    else if (property === 'generalcategory' || property === 'gc') set = namedCategory(value!)
  } else {
    if (plain === 'word' && !inBrackets) set = wordSet(reference)
    else set = (Object.hasOwn(ONIGURUMA_POSIX, plain) ? ONIGURUMA_POSIX[plain]!() : null) ?? named(plain)
  }
  if (set) cache.set(key, set)
  return set
}

function namedCategory(plain: string): CodePointSet | null {
  if (plain === 'punct') return categorySet('P')
  if (plain === 'cntrl') return categorySet('Cc')
  if (plain === 'digit') return categorySet('Nd')
  if (Object.hasOwn(GROUPS, plain)) return categorySet(plain)
  if (Object.hasOwn(GROUP_NAMES, plain)) return categorySet(GROUP_NAMES[plain]!)
  if (Object.hasOwn(CATEGORY_NAMES, plain)) return categorySet(CATEGORY_NAMES[plain]!)
  const short = plain.length === 2 ? plain[0]!.toUpperCase() + plain[1] : ''
  return Object.hasOwn(Category, short) ? categorySet(short) : null
}

function named(plain: string): CodePointSet | null {
  return namedCategory(plain) ?? (Object.hasOwn(BINARY, plain) ? BINARY[plain]!() : null) ?? scriptSet(plain)
}

/** The set of `[[:name:]]`, or null. ASCII only for tiktoken, all of Unicode in Oniguruma. */
export function posixSet(reference: Reference, name: string): CodePointSet | null {
  if (reference === 'tiktoken') return Object.hasOwn(ASCII_POSIX, name) ? ASCII_POSIX[name]! : null
  if (!Object.hasOwn(ASCII_POSIX, name)) return null
  if (name !== 'punct') return propertySet(reference, name, true)
  // Here, unlike in \p{Punct}, Oniguruma counts symbols in.
  return categorySet('P', 'S')
}

/** `\w`, also as `\b` sees it. Outside brackets Oniguruma adds ² ³ ¹ ¼ ½ ¾. */
export function wordSet(reference: Reference, inBrackets = false): CodePointSet {
  if (reference === 'tiktoken') return cached('rust \\w', wordWithJoiners)
  if (inBrackets) return cached('onig [\\w]', word)
  return cached('onig \\w', () => union(word(), [0xb2, 0xb4, 0xb9, 0xba, 0xbc, 0xbf]))
}

export const whiteSpaceSet = (): CodePointSet => WHITE_SPACE
export const digitSet = (): CodePointSet => categorySet('Nd')
export const hexDigitSet = (): CodePointSet => HEX_DIGIT

const differing = (name: keyof typeof differences, property: () => CodePointSet) => () =>
  symmetricDifference(property(), setFromRuns(differences[name]))

/** As Hugging Face's Punctuation and BertPreTokenizer see it: ASCII punctuation and an old category P. */
export const isPunctuation: (cp: number) => boolean = membership(() =>
  union(differing('PUNCTUATION_DIFFERENCE', () => categorySet('P'))(), ASCII_POSIX['punct']!),
)
/** Rust's `char::is_numeric`, by which Hugging Face's Digits splits. */
export const isNumeric: (cp: number) => boolean = membership(
  differing('NUMERIC_DIFFERENCE', () => categorySet('N')),
)
/** `\w` of the Rust crate `regex`, by which Hugging Face's Whitespace splits. */
export const isWord: (cp: number) => boolean = membership(() => wordSet('tiktoken'))
/** What BertNormalizer's clean_text removes. */
export const isBertRemoved: (cp: number) => boolean = membership(
  differing('BERT_REMOVED_DIFFERENCE', () => categorySet('Cc', 'Cf', 'Co')),
)
/** What BertNormalizer's strip_accents removes after decomposition. */
export const isBertNonspacing: (cp: number) => boolean = membership(
  differing('BERT_NONSPACING_DIFFERENCE', () => categorySet('Mn')),
)
/** What the normalizer StripAccents removes. */
export const isMark: (cp: number) => boolean = membership(
  differing('MARK_DIFFERENCE', () => categorySet('M')),
)
/** What normal forms of Unicode 9 leave alone although a current engine does not: text is cut here. */
export const isNotNormalized: (cp: number) => boolean = membership(() =>
  union(setFromRuns(differences.NOT_NORMALIZED), categorySet('Cn')),
)
