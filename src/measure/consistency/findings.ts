// What an audit says to a person: each finding with its size, an example, its reach on their own texts, and what
// to do. `act`: something in these texts or programs should change; `know`: a property that bites when it is
// forgotten; `none`: looked for, not there.
import type { Tokenizer } from '../../tokenizer/index.ts'
import { ARTIFACTS } from './classify.ts'
import type { CorpusAudit, CorpusMeter, GroupReach } from './corpus.ts'
import { CUT_KINDS } from './prefix.ts'
import { TokenTable } from './token-table.ts'
import type { VocabularyAudit } from './vocabulary.ts'

export type FindingKind =
  | 'special tokens in text'
  | 'added tokens in text'
  | 'words with several encodings'
  | 'prefix instability'
  | 'text that does not come back'
  | 'unreachable tokens'
  | 'tokens not met'
  | 'undecodable tokens'
  | 'near-duplicate tokens'
  | 'intermediate tokens'
  | 'reserved tokens'

/** On the texts of the audit. */
export interface FindingReach {
  documents: number
  occurrences: number
  /** Share of all tokens of the texts; null where the finding is not about tokens. */
  share: number | null
}

export interface Finding {
  kind: FindingKind
  weight: 'act' | 'know' | 'none'
  /** How many, in one sentence. */
  summary: string
  /** One case, readable as it is; null when there is none. */
  example: string | null
  /** null: no texts were given, or texts say nothing about it. */
  reach: FindingReach | null
  remedy: string
}

const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 2 })
const NUMBER = new Intl.NumberFormat('en')

/** Text as one reads it in a report: quoted, blanks escaped. */
function shown(text: string): string {
  return JSON.stringify(text)
}

export interface Sources {
  tokenizer: Tokenizer
  vocabulary: VocabularyAudit
  /** Absent: no texts were given. */
  texts: { corpus: CorpusAudit; meter: CorpusMeter; groups: Groups } | null
}

/** The groups of tokens whose reach is counted while texts are read. */
export type Groups = Record<'never' | 'notMet' | 'partial' | 'intermediates' | 'reserved', GroupReach>

export function watchGroups(meter: CorpusMeter, vocabulary: VocabularyAudit): Groups {
  const others = (verdict: string) =>
    vocabulary.reachability.others.filter((reach) => reach.verdict === verdict).map(({ id }) => id)
  return {
    never: meter.watch(others('never')),
    notMet: meter.watch(others('not met')),
    partial: meter.watch([...vocabulary.partial.ids, ...vocabulary.partial.never]),
    intermediates: meter.watch((vocabulary.intermediates ?? []).map(({ id }) => id)),
    reserved: meter.watch(vocabulary.reserved),
  }
}

/** In the order in which a person should read them. */
export function findingsOf(sources: Sources): Finding[] {
  const order = { act: 0, know: 1, none: 2 }
  return [...corpusFindings(sources), ...vocabularyFindings(sources)].sort(
    (a, b) => order[a.weight] - order[b.weight],
  )
}

function reachOf(group: keyof Groups, { texts }: Sources): FindingReach | null {
  if (!texts) return null
  const { documents, occurrences } = texts.groups[group]
  const { tokens } = texts.corpus
  return { documents, occurrences, share: tokens === 0 ? 0 : occurrences / tokens }
}

function vocabularyFindings(sources: Sources): Finding[] {
  const { tokenizer, vocabulary } = sources
  const table = TokenTable.of(tokenizer)
  const text = (id: number) => shown(table.textOf(id))
  const findings: Finding[] = []
  const share = (n: number) => PERCENT.format(vocabulary.tokens === 0 ? 0 : n / vocabulary.tokens)

  const never = vocabulary.reachability.others.filter((reach) => reach.verdict === 'never')
  const reasons = new Map<string, number>()
  for (const { reason } of never) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  const example =
    never.find((reach) => reach.reason !== 'not UTF-8' && reach.reason !== 'unknown token') ?? never[0]
  findings.push({
    kind: 'unreachable tokens',
    weight: never.length > 0 ? 'know' : 'none',
    summary:
      never.length === 0
        ? 'No token is proven to be out of reach of text.'
        : `${NUMBER.format(never.length)} tokens (${share(never.length)}) are in the ids of no text: ` +
          [...reasons].map(([reason, n]) => `${NUMBER.format(n)} by ${reason}`).join(', ') +
          '.',
    example: example ? `${example.id} ${text(example.id)}: ${example.reason}` : null,
    reach: reachOf('never', sources),
    remedy:
      'A model learns nothing about them, and yet may emit them: mask them in sampling, or drop them when the vocabulary is made again.',
  })

  const unmet = vocabulary.reachability.others.filter((reach) => reach.verdict === 'not met')
  if (unmet.length > 0) {
    const one =
      unmet.find(({ id }) => table.lengthOf(id) > 1 && !table.textOf(id).includes('\ufffd')) ?? unmet[0]!
    findings.push({
      kind: 'tokens not met',
      weight: 'know',
      summary:
        `${NUMBER.format(unmet.length)} tokens (${share(unmet.length)}) came out of none of the contexts tried; ` +
        'a pre-tokenizer or normalizer seems to keep them out. No proof.',
      example: `${one.id} ${text(one.id)}: ${one.tried} contexts tried`,
      reach: reachOf('notMet', sources),
      remedy: 'Treat them as unreachable once they are absent from your own corpus too (see reach).',
    })
  }

  const partial = [...vocabulary.partial.ids, ...vocabulary.partial.never]
  findings.push({
    kind: 'undecodable tokens',
    weight: partial.length > 0 ? 'know' : 'none',
    summary: `${NUMBER.format(partial.length)} tokens (${share(partial.length)}) are no UTF-8 text by themselves.`,
    example: partial.length > 0 ? `${partial.at(-1)} = bytes ${hex(table.bytesOf(partial.at(-1)!))}` : null,
    reach: reachOf('partial', sources),
    remedy:
      'Never decode token by token: use the stream decoder (tokenizer.decoder()), and cut id sequences only where the text so far is whole.',
  })

  const { twins } = vocabulary
  const largest = twins.any.groups[0]
  findings.push({
    kind: 'near-duplicate tokens',
    weight: twins.any.tokens > 0 ? 'know' : 'none',
    summary:
      `${NUMBER.format(twins.any.tokens)} tokens (${PERCENT.format(twins.tokens === 0 ? 0 : twins.any.tokens / twins.tokens)}) ` +
      `have a twin: ${NUMBER.format(twins.kinds.space.tokens)} by a leading space, ${NUMBER.format(twins.kinds.case.tokens)} by case, ` +
      `${NUMBER.format(twins.kinds['normal form'].tokens)} by Unicode normal form, ${NUMBER.format(twins.kinds.bytes.tokens)} with equal bytes.`,
    example: largest ? largest.slice(0, 8).map(text).join(', ') : null,
    reach: null,
    remedy:
      'Compare texts, not ids, when judging edits, answers or cache keys; mask the twins of a word that must change (SpellingMask).',
  })

  const { intermediates } = vocabulary
  if (intermediates) {
    const first = intermediates[0]
    const meter = sources.texts?.meter
    const unused = meter ? intermediates.filter(({ id }) => meter.occurrences[id] === 0) : null
    findings.push({
      kind: 'intermediate tokens',
      weight: intermediates.length > 0 ? 'know' : 'none',
      summary:
        `${NUMBER.format(intermediates.length)} tokens (${share(intermediates.length)}) are only steps to one longer token, by the ranks of their merges: ` +
        'candidates for under-trained tokens' +
        (unused ? `; ${NUMBER.format(unused.length)} of them are not in your texts.` : '.'),
      example: first ? `${text(first.id)} → ${text(first.heir)}` : null,
      reach: reachOf('intermediates', sources),
      remedy:
        'Test them with the model (embedding norms, repeat prompts) before trusting texts that contain them; drop those unused on your corpus when pruning.',
    })
  }
  if (vocabulary.reserved.length > 0) {
    findings.push({
      kind: 'reserved tokens',
      weight: 'know',
      summary: `${NUMBER.format(vocabulary.reserved.length)} tokens are placeholders by their names.`,
      example: `${vocabulary.reserved[0]} ${shown(tokenizer.info(vocabulary.reserved[0]!).token)}`,
      reach: reachOf('reserved', sources),
      remedy:
        'Untrained unless you trained them: mask them in sampling, or give them a meaning by fine-tuning.',
    })
  }
  return findings
}

function corpusFindings({ tokenizer, texts }: Sources): Finding[] {
  if (!texts) return []
  const { corpus } = texts
  const table = TokenTable.of(tokenizer)
  const tokens = (ids: readonly number[]) => ids.map((id) => shown(table.textOf(id))).join(' ')
  const findings: Finding[] = []
  for (const special of [true, false]) {
    const met = corpus.specials.filter((reach) => reach.special === special)
    if (!special && met.length === 0) continue
    const occurrences = met.reduce((sum, reach) => sum + reach.occurrences, 0)
    const documents = Math.max(0, ...met.map((reach) => reach.documents))
    const first = met[0]
    findings.push({
      kind: special ? 'special tokens in text' : 'added tokens in text',
      weight: met.length === 0 ? 'none' : special ? 'act' : 'know',
      summary:
        met.length === 0
          ? 'No text spells a special token.'
          : special
            ? `Spelled out in the texts, control ids when parsed: ${NUMBER.format(met.length)} of the special tokens.`
            : `${NUMBER.format(met.length)} added tokens are parsed in the texts, whatever the policy for special tokens is.`,
      example: first
        ? `${first.content} in ${shown(first.example.context)} (${first.example.document})`
        : null,
      reach: { documents, occurrences, share: corpus.tokens === 0 ? 0 : occurrences / corpus.tokens },
      remedy: special
        ? "Encode what users write with { specials: 'text' } (or 'refuse'), and parse only your own template."
        : 'Escape or reject these strings in user text if they steer your model: no option of encode turns them off.',
    })
  }
  const { varied } = corpus
  const word = varied.listed[0]
  const classes = ARTIFACTS.map((artifact) => ({ ...artifact, ...corpus.types[artifact.type] }))
    .filter(({ occurrences }) => occurrences > 0)
    .sort((a, b) => b.occurrences - a.occurrences)
  findings.push({
    kind: 'words with several encodings',
    weight: varied.words > 0 ? 'know' : 'none',
    summary:
      `${NUMBER.format(varied.words)} of ${NUMBER.format(corpus.words.distinct)} words have several encodings in these texts; ` +
      `${PERCENT.format(corpus.words.occurrences === 0 ? 0 : varied.otherOccurrences / corpus.words.occurrences)} of word occurrences are not the commonest one` +
      (classes.length > 0
        ? ` (${classes.map(({ title, occurrences }) => `${title} ${PERCENT.format(occurrences / varied.otherOccurrences)}`).join(', ')}).`
        : '.'),
    example: word
      ? `${shown(word.word)}: ${word.forms
          .slice(0, 3)
          .map((form) => `${tokens(form.ids)} × ${form.count}`)
          .join('; ')}`
      : null,
    reach: { documents: corpus.documents, occurrences: varied.otherOccurrences, share: null },
    remedy:
      'Search, dedupe, and score by text or by canonical ids of the word alone; never look for a word by one fixed id sequence.',
  })
  const { instability } = corpus
  const { example } = instability
  const cuts = CUT_KINDS.map((kind) => ({ kind, ...instability.kinds[kind] }))
    .filter((count) => count.cuts > 0)
    .map(({ kind, unstable, cuts }) => `${kind} ${PERCENT.format(unstable / cuts)}`)
  findings.push({
    kind: 'prefix instability',
    weight: instability.unstable > 0 ? 'know' : 'none',
    summary:
      instability.unstable === 0
        ? 'No sampled beginning of a text has ids that change when the text goes on.'
        : `Where a text is cut, ids before the cut change when it goes on: ${cuts.join(', ')} of the cuts, ` +
          `by ${(instability.changed / instability.unstable).toFixed(2)} tokens on average, ${instability.mostChanged} at most.`,
    example: example
      ? `${shown(example.before)} + ${shown(example.after)}: ${example.prefixTokens.map(shown).join(' ')} becomes ${example.wholeTokens.map(shown).join(' ')}`
      : null,
    reach: { documents: corpus.documents, occurrences: instability.unstable, share: null },
    remedy:
      'End prompts after a whole word without a space behind it; back up over the last tokens before generating (token healing); key caches by stable prefixes (tokenizer.incremental().stable).',
  })
  const { lossy } = corpus
  findings.push({
    kind: 'text that does not come back',
    weight: lossy.documents > 0 ? 'know' : 'none',
    summary:
      lossy.documents === 0
        ? 'Every text decodes to itself.'
        : `${NUMBER.format(lossy.documents)} of ${NUMBER.format(corpus.documents)} documents decode to another text.`,
    example: lossy.example
      ? `${shown(lossy.example.before)} comes back as ${shown(lossy.example.after)} (${lossy.example.document})`
      : null,
    reach: { documents: lossy.documents, occurrences: lossy.documents, share: null },
    remedy:
      'Keep the source text beside the ids; normalize texts before storing them, so that offsets agree.',
  })
  return findings
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')
}
