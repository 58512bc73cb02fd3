// Prefix instability: the ids of the beginning of a text are often not the beginning of the text's ids. A prompt
// that is cut there, a cache keyed by its ids, or a stream that is encoded as it arrives then holds tokens that
// the whole text never has (the "partial token problem" of prompt boundaries).
import { Random, throwIfCancelled, type LongWork } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { TokenTable } from './token-table.ts'

/** Where a text was cut. */
export type CutKind = 'inside a word' | 'after a word' | 'after a space' | 'after a line break' | 'elsewhere'
export const CUT_KINDS: readonly CutKind[] = [
  'inside a word',
  'after a word',
  'after a space',
  'after a line break',
  'elsewhere',
]

export interface PrefixStep {
  /** The prefix is `text.slice(0, end)`, in UTF-16 units, between two code points. */
  end: number
  kind: CutKind
  /** Number of ids of the prefix. */
  tokens: number
  /** Ids at the end of the prefix that the whole text does not begin with; 0 = stable. */
  changed: number
  /** Bytes that the changed ids spell: how far back the change reaches. */
  changedBytes: number
}

const HOW = { specials: 'text', template: false } as const

/** The text cut at `end`, against the ids of the whole. */
function stepAt(
  table: TokenTable,
  text: string,
  end: number,
  ids: Uint32Array,
  whole: Uint32Array,
): PrefixStep {
  let same = 0
  while (same < ids.length && ids[same] === whole[same]) same++
  let changedBytes = 0
  for (let i = same; i < ids.length; i++) changedBytes += table.lengthOf(ids[i]!)
  return { end, kind: kindOf(text, end), tokens: ids.length, changed: ids.length - same, changedBytes }
}

/**
 * Every proper prefix of a text, as if it were typed: the ids that each would have to change to become the
 * beginning of the whole text's ids. Time grows with the square of the length where the tokenizer gives no
 * place to cut: meant for texts of some thousand characters.
 */
export function prefixSteps(tokenizer: Tokenizer, text: string): PrefixStep[] {
  const table = TokenTable.of(tokenizer)
  const whole = tokenizer.encode(text, HOW)
  const growing = tokenizer.incremental(HOW)
  const steps: PrefixStep[] = []
  for (let at = 0; at < text.length;) {
    const end = at + (text.codePointAt(at)! > 0xffff ? 2 : 1)
    if (end >= text.length) break
    growing.append(text.slice(at, end))
    steps.push(stepAt(table, text, end, growing.ids, whole))
    at = end
  }
  return steps
}

function kindOf(text: string, end: number): CutKind {
  const before = text.charCodeAt(end - 1)
  if (before === 0x0a || before === 0x0d) return 'after a line break'
  if (before === 0x20 || before === 0x09) return 'after a space'
  const isWord = (at: number) => {
    // A low surrogate: the character began one unit before.
    const from = (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? at - 1 : at
    return /^[\p{L}\p{M}\p{N}]/u.test(text.slice(from, from + 2))
  }
  if (!isWord(end - 1)) return 'elsewhere'
  return isWord(end) ? 'inside a word' : 'after a word'
}

export interface InstabilityCount {
  cuts: number
  unstable: number
  /** Sums over the unstable cuts. */
  changed: number
  changedBytes: number
  mostChanged: number
}

export interface Instability extends InstabilityCount {
  kinds: Record<CutKind, InstabilityCount>
  /** Of the unstable cuts, the one that reaches farthest back: the text up to the cut, its ids, and the whole's. */
  example: InstabilityExample | null
}

export interface InstabilityExample {
  document: string
  /** The last characters before the cut and the first behind it. */
  before: string
  after: string
  /** Tokens at the end of the prefix, and what the whole text has in their place. */
  prefixTokens: string[]
  wholeTokens: string[]
}

function none(): InstabilityCount {
  return { cuts: 0, unstable: 0, changed: 0, changedBytes: 0, mostChanged: 0 }
}

/** Adds up cuts at seeded places of many texts. Memory does not grow with them. */
export class InstabilityMeter {
  private readonly tokenizer: Tokenizer
  private readonly table: TokenTable
  private readonly random: Random
  private readonly total: Instability

  constructor(tokenizer: Tokenizer, seed: number) {
    this.tokenizer = tokenizer
    this.table = TokenTable.of(tokenizer)
    this.random = new Random(seed)
    const kinds = Object.fromEntries(CUT_KINDS.map((kind) => [kind, none()])) as Record<
      CutKind,
      InstabilityCount
    >
    this.total = { ...none(), kinds, example: null }
  }

  /**
   * Cuts an excerpt of at most `characters` UTF-16 units of a text at up to `cuts` places, each kind of place
   * about as often. Throws CANCELLED.
   */
  add(document: string, text: string, { characters = 400, cuts = 24, signal }: MeterOptions = {}): void {
    let from = text.length > characters ? this.random.int(text.length - characters) : 0
    // Begin a line or a word, so that the excerpt is a text that stands by itself.
    if (from > 0) from = Math.max(text.lastIndexOf('\n', from), text.lastIndexOf(' ', from)) + 1
    const excerpt = text.slice(from, from + characters).toWellFormed()
    if (excerpt.length < 2) return
    const whole = this.tokenizer.encode(excerpt, HOW)
    for (const end of this.places(excerpt, cuts)) {
      throwIfCancelled(signal)
      const ids = this.tokenizer.encode(excerpt.slice(0, end), HOW)
      const step = stepAt(this.table, excerpt, end, ids, whole)
      if (count(this.total, step)) this.total.example = this.exampleOf(document, excerpt, step, ids, whole)
      count(this.total.kinds[step.kind], step)
    }
  }

  get result(): Instability {
    return this.total
  }

  private places(text: string, cuts: number): number[] {
    const byKind = new Map<CutKind, number[]>()
    for (let end = 1; end < text.length; end++) {
      if ((text.charCodeAt(end) & 0xfc00) === 0xdc00) continue
      const kind = kindOf(text, end)
      if (!byKind.has(kind)) byKind.set(kind, [])
      byKind.get(kind)!.push(end)
    }
    const lists = [...byKind.values()].map((list) => this.random.shuffle(list))
    const chosen: number[] = []
    for (let round = 0; chosen.length < cuts && lists.some((list) => round < list.length); round++) {
      for (const list of lists) if (round < list.length && chosen.length < cuts) chosen.push(list[round]!)
    }
    return chosen
  }

  private exampleOf(
    document: string,
    text: string,
    { end, tokens, changed, changedBytes }: PrefixStep,
    ids: Uint32Array,
    whole: Uint32Array,
  ): InstabilityExample {
    const shared = tokens - changed
    const inPlace: string[] = []
    let bytes = 0
    for (let i = shared; i < whole.length && bytes < changedBytes; i++) {
      inPlace.push(this.table.textOf(whole[i]!))
      bytes += this.table.lengthOf(whole[i]!)
    }
    return {
      document,
      before: text.slice(Math.max(0, end - 24), end),
      after: text.slice(end, end + 12),
      prefixTokens: Array.from(ids.subarray(shared), (id) => this.table.textOf(id)),
      wholeTokens: inPlace,
    }
  }
}

export interface MeterOptions extends LongWork {
  /** Default 400. */
  characters?: number
  /** Default 24. */
  cuts?: number
}

/** Whether this step reaches farther back than all before. */
function count(into: InstabilityCount, step: PrefixStep): boolean {
  into.cuts++
  if (step.changed === 0) return false
  into.unstable++
  into.changed += step.changed
  into.changedBytes += step.changedBytes
  const farthest = step.changed > into.mostChanged
  if (farthest) into.mostChanged = step.changed
  return farthest
}
