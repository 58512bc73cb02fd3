// The paper's judgement of one edit: did the ids change, did the surface, and if only the ids did, which of
// eight artefacts is it? Source: Ayoobi et al. 2026 (arXiv 2601.14658), outcomes and taxonomy; the rules are
// this project's reading of its eight examples, applied in a fixed order. One surprise: the example of
// `resegmentation` begins with the prefix "un", so a cut counts as morphological only where it leaves one
// whole stem between affixes.
import type { Tokenizer } from '../../tokenizer/index.ts'
import { utf8Decode } from '../../core/index.ts'
import { sameIds } from './encodings.ts'
import { surfaceOf } from './surface.ts'
import { TokenTable } from './token-table.ts'

export type Outcome = 'unchanged' | 'replaced' | 'phantom'

/** The eight types of phantom edits, in the paper's order. */
export const ARTIFACTS = [
  {
    number: 1,
    type: 'whitespace-shift',
    title: 'whitespace-boundary shift',
    example: '" February" → "February"',
  },
  {
    number: 2,
    type: 'whitespace-detached',
    title: 'whitespace detached or attached',
    example: '" Saturday" → " ", " Saturday"',
  },
  {
    number: 3,
    type: 'newline-substitution',
    title: 'newline for whitespace',
    example: '" However" → "\\n", "However"',
  },
  {
    number: 4,
    type: 'resegmentation',
    title: 'intra-word resegmentation',
    example: '" unbelievable" → "un", "bel", "ievable"',
  },
  {
    number: 5,
    type: 'proper-noun',
    title: 'proper-noun segmentation',
    example: '" Dorm", "er" → "D", "orm", "er"',
  },
  {
    number: 6,
    type: 'morphological',
    title: 'morphological boundary surfacing',
    example: '" repaid" → "re", "paid"',
  },
  { number: 7, type: 'acronym', title: 'acronym split', example: '" HIV" → "H", "IV"' },
  {
    number: 8,
    type: 'tail',
    title: 'plural or possessive tail',
    example: '" rights" → "right", "s"',
  },
] as const

export type ArtifactType = (typeof ARTIFACTS)[number]['type']

export interface EditJudgement {
  outcome: Outcome
  /** Only of a phantom edit. */
  type: ArtifactType | null
  /** The surfaces differ in letter case only (counted as replaced). */
  caseOnly: boolean
  /** The surfaces are equal only after Unicode normalization NFC (counted as phantom). */
  nfcOnly: boolean
}

export interface EditContext {
  /** The word begins a sentence, so that its capital says nothing. Default false. */
  sentenceInitial?: boolean
}

const PREFIXES = new Set(
  'anti auto co counter de dis em en ex extra fore hyper il im in inter ir mid mis multi non out over post pre pro re semi sub super tele trans ultra un under up'.split(
    ' ',
  ),
)
const SUFFIXES = new Set(
  'able al ance ation ed ence est ful hood ible ing ion ish ism ist ity ive ize ised ized less ly ment ness ous ship sion tion ward wards wise'.split(
    ' ',
  ),
)
const TAILS = new Set(['s', 'es', "'s", '’s', "'"])

/**
 * Judges the ids `b` that stand where the ids `a` stood. Throws ID_OUT_OF_RANGE through decoding.
 */
export function classifyEdit(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  tokenizer: Tokenizer,
  context: EditContext = {},
): EditJudgement {
  const same: EditJudgement = { outcome: 'unchanged', type: null, caseOnly: false, nfcOnly: false }
  if (sameIds(a, b)) return same
  const table = TokenTable.of(tokenizer)
  const before = slotOf(a, table, tokenizer)
  const after = slotOf(b, table, tokenizer)
  if (before.surface !== after.surface) {
    const nfcOnly = before.surface.normalize('NFC') === after.surface.normalize('NFC')
    if (!nfcOnly) {
      const caseOnly =
        before.surface.toLowerCase().normalize('NFC') === after.surface.toLowerCase().normalize('NFC')
      return { ...same, outcome: 'replaced', caseOnly }
    }
    return { outcome: 'phantom', type: 'resegmentation', caseOnly: false, nfcOnly: true }
  }
  return { ...same, outcome: 'phantom', type: artifactOf(before, after, context) }
}

/** The ids of one slot, seen as whitespace and pieces of a word. */
interface Slot {
  surface: string
  /** Whitespace-only tokens, as their text. */
  blanks: string[]
  /** The other tokens' text; the first without its leading whitespace. */
  pieces: string[]
  /** Whitespace at the front of the first piece. */
  lead: string
}

function slotOf(ids: ArrayLike<number>, table: TokenTable, tokenizer: Tokenizer): Slot {
  const texts: string[] = []
  let length = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    // Of an id that is not there, decoding says so in its own words.
    if (!(id < table.size && table.has(id))) tokenizer.decode([id])
    length += table.lengthOf(id)
    texts.push(latin(table.bytesOf(id)))
  }
  const bytes = new Uint8Array(length)
  let used = 0
  for (let i = 0; i < ids.length; i++) {
    bytes.set(table.bytesOf(ids[i]!), used)
    used += table.lengthOf(ids[i]!)
  }
  const blank = (text: string) => /^[\t-\r ]*$/.test(text)
  const pieces = texts.filter((text) => !blank(text))
  const lead = /^[\t-\r ]*/.exec(pieces[0] ?? '')![0]
  if (pieces.length > 0) pieces[0] = pieces[0]!.slice(lead.length)
  pieces.push((pieces.pop() ?? '').replace(/[\t-\r ]+$/, ''))
  return { surface: surfaceOf(bytes), blanks: texts.filter(blank), pieces, lead }
}

/** One character per byte: pieces may end in the middle of a character. */
function latin(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function artifactOf(a: Slot, b: Slot, context: EditContext): ArtifactType {
  const sameBlanks = a.blanks.join('|') === b.blanks.join('|')
  const samePieces = a.pieces.join('|') === b.pieces.join('|')
  if (sameBlanks && samePieces && a.lead !== b.lead) {
    return /[\n\r]/.test(a.lead + b.lead) ? 'newline-substitution' : 'whitespace-shift'
  }
  if (!sameBlanks) {
    return /[\n\r]/.test(a.blanks.join('') + b.blanks.join(''))
      ? 'newline-substitution'
      : 'whitespace-detached'
  }
  const word = decoded(b.pieces.join(''))
  if (isAcronym(word)) return 'acronym'
  // Boundaries that were not there before, counted in bytes from the start of the word.
  const known = new Set(boundaries(a.pieces))
  const fresh = boundaries(b.pieces).filter((at) => !known.has(at))
  const whole = b.pieces.join('')
  const last = fresh.at(-1)
  if (last !== undefined && TAILS.has(decoded(whole.slice(last)).toLowerCase()) && last >= 2) return 'tail'
  if (fresh.length > 0 && isMorphological(b.pieces, fresh)) return 'morphological'
  if (!context.sentenceInitial && /^\p{Lu}/u.test(word)) return 'proper-noun'
  return 'resegmentation'
}

function decoded(latinText: string): string {
  return utf8Decode(Uint8Array.from(latinText, (c) => c.charCodeAt(0)))
}

function boundaries(pieces: readonly string[]): number[] {
  const ends: number[] = []
  let at = 0
  for (const piece of pieces.slice(0, -1)) ends.push((at += piece.length))
  return ends
}

/** Two capitals or more and nothing but capitals, digits, points and hyphens: HIV, U.S., COVID-19. */
function isAcronym(word: string): boolean {
  return /^[\p{Lu}\p{N}.&-]+$/u.test(word) && (word.match(/\p{Lu}/gu)?.length ?? 0) >= 2
}

/** The pieces are one stem with affixes around it, and a new boundary lies at an affix. */
function isMorphological(pieces: readonly string[], fresh: readonly number[]): boolean {
  const lower = pieces.map((piece) => decoded(piece).toLowerCase())
  const ends = boundaries(pieces)
  let from = 0
  let to = lower.length
  let atAffix = false
  while (to - from > 1 && PREFIXES.has(lower[from]!)) atAffix = fresh.includes(ends[from++]!) || atAffix
  while (to - from > 1 && SUFFIXES.has(lower[to - 1]!)) atAffix = fresh.includes(ends[--to - 1]!) || atAffix
  return to - from === 1 && atAffix
}
