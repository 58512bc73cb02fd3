// The paper's probe of a model: does it replace the words it is told to, judged by ids and by surface. A phantom
// edit has other ids and the same text; judged by strings alone it would count as a failure to edit.
import { Random, throwIfCancelled, type LongWork } from '../../../core/index.ts'
import type { Tokenizer } from '../../../tokenizer/index.ts'
import { ARTIFACTS, classifyEdit, type ArtifactType } from '../classify.ts'
import { TokenTable } from '../token-table.ts'
import type { ChatEndpoint, IdsFrom } from './endpoint.ts'
import { align, bracketed, chooseTargets, promptFor, slotIn, wordsOf } from './slots.ts'
import { wilson, type Share } from './wilson.ts'

export const PROBE_OUTCOMES = ['unchanged', 'replaced', 'phantom', 'broken'] as const
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number]

export interface ProbeText {
  name: string
  text: string
}

export interface ProbeOptions extends LongWork {
  /** Texts are asked about again and again, with other targets, until there are so many trials. Default 100. */
  trials?: number
  seed?: number
}

export interface ProbeTrial {
  text: string
  word: string
  /** What stands in its place. */
  answer: string
  outcome: ProbeOutcome
  type: ArtifactType | null
  before: number[]
  after: number[]
}

export interface ProbeReport {
  trials: number
  texts: number
  shares: Record<ProbeOutcome, Share>
  types: Record<ArtifactType, number>
  /** Phantom edits by numbers of tokens: `from` of the original, `to` of the answer. */
  transitions: { from: number; to: number; count: number }[]
  /** Where the answers' ids came from. Re-encoded text is canonical, so no phantom edit can show. */
  idsFrom: Record<IdsFrom, number>
  /** What a judge of strings would call unchanged, and how much of it is phantom. */
  surfaceUnchanged: number
  phantoms: ProbeTrial[]
}

/** Longer texts are cut at a sentence: the paper's have 100 to 600 words. */
const MOST_WORDS = 600
const LISTED = 50

/** Throws ENDPOINT_FAILED, CANCELLED. Every trial is one of the four outcomes. */
export async function probeModel(
  endpoint: ChatEndpoint,
  tokenizer: Tokenizer,
  texts: readonly ProbeText[],
  { trials = 100, seed = 1, signal, onProgress }: ProbeOptions = {},
): Promise<ProbeReport> {
  const random = new Random(seed)
  const table = TokenTable.of(tokenizer)
  const report: ProbeReport = {
    trials: 0,
    texts: 0,
    shares: {} as ProbeReport['shares'],
    types: Object.fromEntries(ARTIFACTS.map(({ type }) => [type, 0])) as Record<ArtifactType, number>,
    transitions: [],
    idsFrom: { 'token ids': 0, 'log-probabilities': 0, 're-encoding': 0 },
    surfaceUnchanged: 0,
    phantoms: [],
  }
  const counts: Record<ProbeOutcome, number> = { unchanged: 0, replaced: 0, phantom: 0, broken: 0 }
  const usable = texts
    .map(({ name, text }) => ({ name, text: shortened(text) }))
    .filter(({ text }) => wordsOf(text).length > 2)
  for (let turn = 0; report.trials < trials && usable.length > 0; turn++) {
    throwIfCancelled(signal)
    const { name, text } = usable[turn % usable.length]!
    const words = wordsOf(text)
    const targets = chooseTargets(words, random)
    if (targets.length === 0) {
      // Only stop words: there is nothing to ask about.
      usable.splice(turn % usable.length, 1)
      continue
    }
    const source = tokenizer.encode(text, { template: false, specials: 'text' })
    const asked = promptFor(bracketed(text, words, targets))
    const answer = await endpoint.answer(asked, {
      seed: seed + turn,
      maxTokens: Math.ceil(1.5 * source.length) + 16,
      signal,
    })
    report.texts++
    report.idsFrom[answer.idsFrom]++
    const answerWords = wordsOf(answer.text)
    const aligned = align(
      words.map((word) => word.text),
      answerWords.map((word) => word.text),
    )
    // A target that is aligned with itself would hide what stands in its place.
    for (const target of targets) aligned[target] = -1
    const sourceRanges = rangesOf(source, text, table)
    const answerRanges = rangesOf(answer.ids, answer.text, table)
    for (const target of targets) {
      const word = words[target]!
      let start = word.start
      while (start > 0 && /\s/.test(text[start - 1]!)) start--
      const slot = slotIn(answer.text, answerWords, aligned, target)
      const before = idsWithin(source, sourceRanges, text, start, word.end)
      const after = slot && idsWithin(answer.ids, answerRanges, answer.text, slot.start, slot.end)
      const trial: ProbeTrial = {
        text: name,
        word: word.text,
        answer: slot ? answer.text.slice(slot.start, slot.end) : '',
        outcome: 'broken',
        type: null,
        before: before ?? [],
        after: after ?? [],
      }
      if (before && after) {
        const judged = classifyEdit(before, after, tokenizer, {
          sentenceInitial: beginsSentence(text, start),
        })
        trial.outcome = judged.outcome
        trial.type = judged.type
      }
      counts[trial.outcome]++
      report.trials++
      if (trial.outcome !== 'phantom') continue
      report.types[trial.type!]++
      count(report.transitions, trial.before.length, trial.after.length)
      if (report.phantoms.length < LISTED) report.phantoms.push(trial)
    }
    onProgress?.({ stage: 'probing', done: Math.min(report.trials, trials), total: trials, unit: 'items' })
  }
  for (const outcome of PROBE_OUTCOMES) report.shares[outcome] = wilson(counts[outcome], report.trials)
  report.surfaceUnchanged = counts.unchanged + counts.phantom
  report.transitions.sort((a, b) => b.count - a.count || a.from - b.from || a.to - b.to)
  return report
}

function shortened(text: string): string {
  const words = wordsOf(text)
  if (words.length <= MOST_WORDS) return text
  const end = words[MOST_WORDS - 1]!.end
  const sentence = Math.max(...['. ', '! ', '? ', '.\n'].map((mark) => text.lastIndexOf(mark, end)))
  return text.slice(0, sentence > end / 2 ? sentence + 1 : end)
}

function beginsSentence(text: string, start: number): boolean {
  const before = text.slice(0, start).trimEnd()
  return before === '' || /[.!?:"“]$/.test(before)
}

/** `[ids + 1]` byte offsets of tokens whose bytes spell the text; null when they do not. */
function rangesOf(ids: ArrayLike<number>, text: string, table: TokenTable): Uint32Array | null {
  const offsets = new Uint32Array(ids.length + 1)
  for (let i = 0; i < ids.length; i++) offsets[i + 1] = offsets[i]! + table.lengthOf(ids[i]!)
  return offsets[ids.length] === new TextEncoder().encode(text).length ? offsets : null
}

/** Ids of the tokens of a range of text; null when a token reaches beyond it. */
function idsWithin(
  ids: ArrayLike<number>,
  offsets: Uint32Array | null,
  text: string,
  start: number,
  end: number,
): number[] | null {
  if (!offsets) return null
  const bytes = (until: number) => new TextEncoder().encode(text.slice(0, until)).length
  const [from, to] = [bytes(start), bytes(end)]
  const found: number[] = []
  for (let i = 0; i < ids.length; i++) {
    const [a, b] = [offsets[i]!, offsets[i + 1]!]
    if (b <= from || a >= to) continue
    if (a < from || b > to) return null
    found.push(ids[i]!)
  }
  return found
}

function count(transitions: ProbeReport['transitions'], from: number, to: number): void {
  const known = transitions.find((one) => one.from === from && one.to === to)
  if (known) known.count++
  else transitions.push({ from, to, count: 1 })
}
