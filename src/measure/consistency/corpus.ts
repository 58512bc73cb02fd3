// The audit on a person's own texts, one part after another in bounded memory: how often each token occurs and in
// how many documents; which words have several encodings there and in which of the paper's eight ways they
// differ; special tokens that the texts spell out; texts that do not come back; cuts that change earlier ids.
import { throwIfCancelled, utf8Encode, type LongWork } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { ARTIFACTS, classifyEdit, type ArtifactType } from './classify.ts'
import { logEncodings } from './encodings.ts'
import { InstabilityMeter, type Instability } from './prefix.ts'
import { SpecialFinder } from './specials.ts'
import { wordPattern } from './surface.ts'
import { TokenTable } from './token-table.ts'

/** A document, or the next part of a long one: parts of one document follow each other under one name. */
export interface AuditPart {
  document: string
  text: string
}

const MOST_DISTINCT_WORDS = 60_000
const MOST_FORMS = 12
const MOST_CUTS = 20_000
const LONGEST_WORD = 64
const LISTED = 20

interface Forms {
  count: number
  /** Ids, joined by commas, and how often. */
  byIds: Map<string, { count: number; document: string; context: string }>
}

export interface SpecialReach {
  id: number
  content: string
  /** false: an added token that is parsed whatever the policy is. */
  special: boolean
  documents: number
  occurrences: number
  /** Where it was first met. */
  example: { document: string; context: string }
}

export interface VariedWord {
  word: string
  occurrences: number
  forms: { ids: number[]; count: number; document: string; context: string; type: ArtifactType | null }[]
}

export interface CorpusAudit {
  documents: number
  bytes: number
  tokens: number
  /** Word occurrences and distinct words; words beyond the table's bound are only counted. */
  words: { occurrences: number; distinct: number; beyond: number; inPunctuation: number }
  /** Words with more than one encoding in these texts. */
  varied: { words: number; occurrences: number; otherOccurrences: number; listed: VariedWord[] }
  /** Of the occurrences whose encoding is not the word's commonest: how it differs. */
  types: Record<ArtifactType, { words: number; occurrences: number }>
  /** log2 of the number of encodings of a word with its space: mean over occurrences, and the largest. */
  encodings: { meanBits: number; single: number; largest: { word: string; bits: number }[] }
  specials: SpecialReach[]
  /** Documents whose decoded ids are another text. */
  lossy: { documents: number; example: { document: string; before: string; after: string } | null }
  instability: Instability
}

/** Occurrences of any token of a group, and the documents that have one. */
export interface GroupReach {
  documents: number
  occurrences: number
}

export class CorpusMeter {
  /** `[size]` occurrences of each token. */
  readonly occurrences: Float64Array
  private readonly tokenizer: Tokenizer
  private readonly table: TokenTable
  private readonly finder: SpecialFinder
  private readonly instability: InstabilityMeter
  /** `[size]` bit g: the token belongs to group g. */
  private readonly groupBits: Uint32Array
  private readonly groups: (GroupReach & { last: number })[] = []
  private readonly forms = new Map<string, Forms>()
  private readonly specials = new Map<number, SpecialReach & { last: number }>()
  private current: string | null = null
  private count = 0
  private lossyAt = 0
  private readonly totals = { bytes: 0, tokens: 0, words: 0, beyond: 0, glued: 0 }
  private readonly lossy: CorpusAudit['lossy'] = { documents: 0, example: null }

  constructor(tokenizer: Tokenizer, seed = 1) {
    this.tokenizer = tokenizer
    this.table = TokenTable.of(tokenizer)
    this.finder = new SpecialFinder(tokenizer)
    this.instability = new InstabilityMeter(tokenizer, seed)
    this.occurrences = new Float64Array(this.table.size)
    this.groupBits = new Uint32Array(this.table.size)
  }

  /** Counts the tokens of a group together from now on; at most 32 groups. The result is filled as texts come. */
  watch(ids: Iterable<number>): GroupReach {
    const reach = { documents: 0, occurrences: 0, last: 0 }
    const bit = 1 << (this.groups.push(reach) - 1)
    for (const id of ids) this.groupBits[id]! |= bit
    return reach
  }

  /** Takes one part (best below some hundred kB: offsets of all its tokens are held). Throws CANCELLED. */
  add({ document, text }: AuditPart, { signal }: LongWork = {}): void {
    throwIfCancelled(signal)
    if (document !== this.current) {
      this.current = document
      this.count++
    }
    const source = text.toWellFormed()
    if (source === '') return
    const encoding = this.tokenizer.encode(source, { specials: 'text', template: false, offsets: true })
    const { ids, offsets } = encoding
    this.totals.bytes += utf8Encode(source).length
    this.totals.tokens += ids.length
    for (const id of ids) {
      this.occurrences[id]!++
      if (this.groupBits[id] !== 0) this.countGroups(this.groupBits[id]!)
    }
    this.roundTrip(document, source, ids)
    this.countWords(document, source, ids, offsets)
    this.countSpecials(document, source)
    if (this.instability.result.cuts < MOST_CUTS) this.instability.add(document, source, { signal })
  }

  private countGroups(bits: number): void {
    for (let left = bits; left !== 0; left &= left - 1) {
      const reach = this.groups[31 - Math.clz32(left & -left)]!
      reach.occurrences++
      if (reach.last !== this.count) {
        reach.last = this.count
        reach.documents++
      }
    }
  }

  private roundTrip(document: string, text: string, ids: Uint32Array): void {
    if (this.lossyAt === this.count) return
    const back = this.tokenizer.decode(ids)
    if (back === text) return
    this.lossyAt = this.count
    this.lossy.documents++
    let at = 0
    while (at < back.length && back[at] === text[at]) at++
    this.lossy.example ??= { document, before: around(text, at, at), after: around(back, at, at) }
  }

  private countSpecials(document: string, text: string): void {
    for (const { token, count, at } of this.finder.find(text)) {
      let reach = this.specials.get(token.id)
      if (!reach) {
        const context = around(text, at, at + token.content.length)
        const { id, content, special } = token
        reach = {
          id,
          content,
          special,
          documents: 0,
          occurrences: 0,
          example: { document, context },
          last: 0,
        }
        this.specials.set(id, reach)
      }
      reach.occurrences += count
      if (reach.last !== this.count) {
        reach.last = this.count
        reach.documents++
      }
    }
  }

  /** Each word's ids: the tokens over it, with one token of whitespace before them where there is one. */
  private countWords(document: string, text: string, ids: Uint32Array, offsets: Uint32Array): void {
    let token = 0
    for (const match of text.matchAll(wordPattern())) {
      const word = match[0]
      const start = match.index
      const end = start + word.length
      while (token < ids.length && offsets[2 * token + 1]! <= start) token++
      let first = token
      let last = token
      while (last + 1 < ids.length && offsets[2 * last + 2]! < end) last++
      if (first >= ids.length) break
      this.totals.words++
      if (word.length > LONGEST_WORD) continue
      const glued =
        text.slice(offsets[2 * first]!, start).trim() !== '' ||
        text.slice(end, offsets[2 * last + 1]!).trim() !== ''
      if (glued) {
        this.totals.glued++
        continue
      }
      if (offsets[2 * first] === start && first > 0) {
        const before = text.slice(offsets[2 * first - 2]!, offsets[2 * first - 1]!)
        if (before !== '' && before.trim() === '' && offsets[2 * first - 1] === start) first--
      }
      let forms = this.forms.get(word)
      if (!forms) {
        if (this.forms.size >= MOST_DISTINCT_WORDS) {
          this.totals.beyond++
          continue
        }
        forms = { count: 0, byIds: new Map() }
        this.forms.set(word, forms)
      }
      forms.count++
      const key = ids.subarray(first, last + 1).join(',')
      const form = forms.byIds.get(key)
      if (form) form.count++
      else if (forms.byIds.size < MOST_FORMS) {
        forms.byIds.set(key, { count: 1, document, context: around(text, start, end) })
      }
    }
  }

  /** What was found so far. Words are judged here, once each. */
  result(): CorpusAudit {
    const types = Object.fromEntries(
      ARTIFACTS.map(({ type }) => [type, { words: 0, occurrences: 0 }]),
    ) as Record<ArtifactType, { words: number; occurrences: number }>
    const varied: CorpusAudit['varied'] = { words: 0, occurrences: 0, otherOccurrences: 0, listed: [] }
    const largest: { word: string; bits: number }[] = []
    let bits = 0
    let counted = 0
    let single = 0
    for (const [word, { count, byIds }] of this.forms) {
      const own = logEncodings(this.tokenizer, ` ${word}`)
      if (Number.isFinite(own)) {
        bits += own * count
        counted += count
        if (own === 0) single += count
        largest.push({ word, bits: own })
        if (largest.length > 4 * LISTED) keepLargest(largest)
      }
      if (byIds.size < 2) continue
      const listed = this.judge(word, count, byIds, types)
      if (!listed) continue
      varied.words++
      varied.occurrences += count
      varied.otherOccurrences += listed.forms.slice(1).reduce((sum, form) => sum + form.count, 0)
      varied.listed.push(listed)
      if (varied.listed.length > 4 * LISTED) varied.listed = mostVaried(varied.listed)
    }
    return {
      documents: this.count,
      bytes: this.totals.bytes,
      tokens: this.totals.tokens,
      words: {
        occurrences: this.totals.words,
        distinct: this.forms.size,
        beyond: this.totals.beyond,
        inPunctuation: this.totals.glued,
      },
      varied: { ...varied, listed: mostVaried(varied.listed) },
      types,
      encodings: {
        meanBits: counted === 0 ? 0 : bits / counted,
        single: counted === 0 ? 0 : single / counted,
        largest: keepLargest(largest),
      },
      specials: [...this.specials.values()]
        .map(({ last: _last, ...reach }) => reach)
        .sort((a, b) => b.occurrences - a.occurrences || a.id - b.id),
      lossy: this.lossy,
      instability: this.instability.result,
    }
  }

  /** The forms of a word, commonest first, and how each of the others differs from it. */
  private judge(
    word: string,
    occurrences: number,
    byIds: Forms['byIds'],
    types: CorpusAudit['types'],
  ): VariedWord | null {
    const forms = [...byIds]
      .map(([key, form]) => ({ ids: key.split(',').map(Number), type: null as ArtifactType | null, ...form }))
      .sort((a, b) => b.count - a.count || a.ids.length - b.ids.length)
    const met = new Set<ArtifactType>()
    const kept = [forms[0]!]
    for (const form of forms.slice(1)) {
      const { type } = classifyEdit(forms[0]!.ids, form.ids, this.tokenizer)
      // A tokenizer that does not spell its text (one that lowercases) can have two texts for one word.
      if (type === null) continue
      form.type = type
      kept.push(form)
      types[type].occurrences += form.count
      if (!met.has(type)) types[type].words++
      met.add(type)
    }
    return kept.length > 1 ? { word, occurrences, forms: kept } : null
  }
}

function keepLargest(list: { word: string; bits: number }[]): { word: string; bits: number }[] {
  list.sort((a, b) => b.bits - a.bits)
  list.length = Math.min(list.length, LISTED)
  return list
}

/** Those whose other forms occur most. */
function mostVaried(list: VariedWord[]): VariedWord[] {
  const others = ({ forms }: VariedWord) => forms.slice(1).reduce((sum, form) => sum + form.count, 0)
  return list.sort((a, b) => others(b) - others(a)).slice(0, LISTED)
}

/** Some characters on both sides of a place, in one line. */
function around(text: string, start: number, end: number): string {
  return text.slice(Math.max(0, start - 20), end + 20).toWellFormed()
}
