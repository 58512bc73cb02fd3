// Whether a tokenizer can take the fast lane, and how: its normalizer, its pre-tokenizer and its model,
// recognised as one of the shapes that public language models use.
import type { AlignedText } from '../aligned.ts'
import { byteIds } from '../bpe/symbols.ts'
import { compilePreTokenizer } from '../pretokenize/compile.ts'
import { GPT2_PATTERN, scannerFor, type Scan } from '../scan/index.ts'
import type { BpeModelSpec, NormalizerSpec, PreTokenizerSpec, TokenizerSpec } from '../spec.ts'
import { InlineAdded } from './inline-added.ts'
import { cutsBeforeMetaspace, metaspaceSplitScanner, seamScanner, seamsOf, spacedModel } from './metaspace.ts'
import { cutBeforeSpace, cutBetweenWords, type SafeCut } from './safe-cut.ts'

export interface FastPlan {
  /** With `metaspace` a copy whose tokens have a space for ▁. */
  model: BpeModelSpec
  scan: Scan
  /** A scanner for texts without ▁ that finds the added tokens as well, when nothing sets their parts apart. */
  inline: { scan: Scan; added: InlineAdded } | null
  /** Cuts the text into parts that `scan` sees one by one; null = the whole text is one part. */
  presplit: ((text: AlignedText) => AlignedText[]) | null
  /** Put a space before a text that does not start with one (ByteLevel `add_prefix_space`). */
  prefixSpace: boolean
  /** Spaces become ▁, done by the lane, which has spaces for both. */
  metaspace: {
    /** Which component of the tokenizer says so. */
    from: 'normalizer' | 'preTokenizer'
    /** When a ▁ is put in front: always, unless one is there, unless one is there and only at the source's start. */
    prepend: 'never' | 'always' | 'missing' | 'missing-first'
  } | null
  /** Null: the text can only be encoded whole. */
  cut: SafeCut | null
  /** The normalizer that must run before the lane; null = none, or the lane does its work. */
  normalizer: NormalizerSpec | null
}

/** No pre-tokenizer: all of it is one piece. */
export const wholeText: Scan = (_bytes, _pos, end) => end

/** The plan, or null when only the plain lane is exact. */
export function fastPlan(spec: TokenizerSpec): FastPlan | null {
  const { model } = spec
  if (model.type !== 'BPE' || model.continuingSubwordPrefix || model.endOfWordSuffix) return null
  return model.byteLevel ? byteLevelPlan(spec, model) : characterPlan(spec, model)
}

/** The plan without pre-tokenizer, from which the others differ. */
function wholeTextPlan(model: BpeModelSpec, normalizers: NormalizerSpec[]): FastPlan {
  return {
    model,
    scan: wholeText,
    inline: null,
    presplit: null,
    prefixSpace: false,
    metaspace: null,
    cut: null,
    normalizer: normalizers.length > 0 ? { type: 'Sequence', normalizers } : null,
  }
}

function byteLevelPlan(spec: TokenizerSpec, model: BpeModelSpec): FastPlan | null {
  if (model.vocab.alphabet !== 'bytes' || byteIds(model.vocab).includes(-1)) return null
  const normalizers = flattenNormalizers(spec.normalizer)
  const byteNormalizer = normalizers.at(-1)?.type === 'ByteLevel'
  const rest = byteNormalizer ? normalizers.slice(0, -1) : normalizers
  if (rest.some((n) => n.type === 'ByteLevel')) return null
  const base = wholeTextPlan(model, rest)
  const steps = flattenPreTokenizers(spec.preTokenizer)
  // With a ByteLevel normalizer a pre-tokenizer would see the byte alphabet, not the text.
  if (byteNormalizer) return steps.length === 0 ? base : null
  const last = steps.at(-1)
  if (!last) return base
  if (last.type !== 'ByteLevel') return null
  const before = steps.slice(0, -1)
  if (before.length > 0 && last.add_prefix_space) return null
  const gpt2 = last.use_regex ? scannerFor(GPT2_PATTERN, spec.reference) : null
  const plan = { ...base, prefixSpace: last.add_prefix_space, scan: gpt2 ?? wholeText }
  if (before.length === 0) {
    return last.use_regex ? { ...plan, cut: rest.every(cutsAnywhere) ? cutBetweenWords : null } : plan
  }
  const only = before.length === 1 ? before[0]! : null
  if (only && !last.use_regex && isCover(only)) {
    const scan = scannerFor(only.pattern.Regex, spec.reference)
    if (scan) return { ...plan, scan, cut: rest.every(cutsAnywhere) ? cutBetweenWords : null }
  }
  if (!before.every(onlySplits)) return null
  const split = compilePreTokenizer({ type: 'Sequence', pretokenizers: before }, spec.reference)
  return { ...plan, presplit: (text) => split([text]) }
}

function characterPlan(spec: TokenizerSpec, written: BpeModelSpec): FastPlan | null {
  if (written.vocab.alphabet !== 'text') return null
  const normalizers = flattenNormalizers(spec.normalizer)
  const steps = flattenPreTokenizers(spec.preTokenizer)
  const replaces = normalizers.length > 0 && isSpaceToMetaspace(normalizers.at(-1)!)
  const prepends = replaces && normalizers.length > 1 && isPrependMetaspace(normalizers.at(-2)!)
  const rest = replaces ? normalizers.slice(0, prepends ? -2 : -1) : normalizers
  const cuttable = rest.every(cutsAnywhere)
  const metaspace = steps.length === 1 && steps[0]!.type === 'Metaspace' ? steps[0]! : null
  // A space and ▁ are one character only to models that write one for the other.
  const model = replaces || metaspace ? spacedModel(written) : written
  if (!model) return null
  const base = wholeTextPlan(model, rest)
  if (metaspace && !replaces) {
    if (metaspace.replacement !== '▁') return null
    const seams = metaspace.split ? null : seamsOf(model)
    if (!metaspace.split && (model.ignoreMerges || !seams)) return null
    return {
      ...base,
      scan: seams ? seamScanner(seams) : metaspaceSplitScanner,
      metaspace: { from: 'preTokenizer', prepend: PREPEND[metaspace.prepend_scheme] },
      cut: cuttable ? cutBeforeSpace((before) => !seams || cutsBeforeMetaspace(seams, before)) : null,
    }
  }
  // After `Replace " " by ▁` no space is left for a split at spaces to find.
  if (replaces && steps.every(isSplitAtSpace) && !model.ignoreMerges) {
    const seams = seamsOf(model)
    if (!seams) return null
    const added = prepends ? null : InlineAdded.of(spec.addedTokens)
    return {
      ...base,
      scan: seamScanner(seams),
      inline: added && { scan: seamScanner(seams, added), added },
      metaspace: { from: 'normalizer', prepend: prepends ? 'always' : 'never' },
      cut: cuttable ? cutBeforeSpace((before) => cutsBeforeMetaspace(seams, before)) : null,
    }
  }
  // Characters and no pre-tokenizer: where no merge joins two characters, the text is cut. A character that is
  // dropped, for want of a token for the unknown, would make neighbours of those at its sides.
  const keepsAll = model.unkToken !== null && model.vocab.idOfString(model.unkToken) >= 0
  if (!replaces && steps.length === 0 && keepsAll && !model.ignoreMerges) {
    const seams = seamsOf(model)
    if (!seams) return null
    const spaces = (before: number) => seams[(before << 8) | 0x20] === 0
    return { ...base, scan: seamScanner(seams), cut: cuttable ? cutBeforeSpace(spaces) : null }
  }
  return null
}

const PREPEND = { always: 'missing', first: 'missing-first', never: 'never' } as const

function flattenNormalizers(spec: NormalizerSpec | null): NormalizerSpec[] {
  if (!spec) return []
  return spec.type === 'Sequence' ? spec.normalizers.flatMap(flattenNormalizers) : [spec]
}

function flattenPreTokenizers(spec: PreTokenizerSpec | null): PreTokenizerSpec[] {
  if (!spec) return []
  return spec.type === 'Sequence' ? spec.pretokenizers.flatMap(flattenPreTokenizers) : [spec]
}

/** Normalizers under which a text may be cut before a space between letters and after a newline. */
function cutsAnywhere(spec: NormalizerSpec): boolean {
  return ['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents'].includes(spec.type)
}

/** A split by a regular expression that keeps every match as a piece; the known patterns match everything. */
function isCover(
  spec: PreTokenizerSpec,
): spec is Extract<PreTokenizerSpec, { type: 'Split' }> & { pattern: { Regex: string } } {
  if (spec.type !== 'Split' || !('Regex' in spec.pattern)) return false
  return (spec.behavior === 'Isolated' && !spec.invert) || (spec.behavior === 'Removed' && spec.invert)
}

/** Pre-tokenizers that cut the text and change nothing in it. */
function onlySplits(spec: PreTokenizerSpec): boolean {
  return ['Split', 'Digits', 'Punctuation', 'Whitespace', 'WhitespaceSplit', 'FixedLength'].includes(
    spec.type,
  )
}

function isSpaceToMetaspace(spec: NormalizerSpec): boolean {
  return (
    spec.type === 'Replace' && 'String' in spec.pattern && spec.pattern.String === ' ' && spec.content === '▁'
  )
}

function isPrependMetaspace(spec: NormalizerSpec): boolean {
  return spec.type === 'Prepend' && spec.prepend === '▁'
}

function isSplitAtSpace(spec: PreTokenizerSpec): boolean {
  return spec.type === 'Split' && 'String' in spec.pattern && spec.pattern.String === ' '
}
