// Which settings of SentencePiece's normalizer a tokenizer's steps before its model come to, if any: the
// inverse of what sentencepiece.ts reads, and Metaspace as Hugging Face writes it.
// One difference of Metaspace remains: SentencePiece puts its ▁ also before a text that begins with a space
// already.
import { utf8Encode } from '../../core/index.ts'
import type { NormalizerSpec, PreTokenizerSpec, TokenizerSpec } from '../spec.ts'
import { decodeBase64 } from './base64.ts'
import { invalid, unsupported } from './limits.ts'

export interface NormalizerSettings {
  charsMap: Uint8Array
  addDummyPrefix: boolean
  removeExtraWhitespaces: boolean
  /** Words are cut before each ▁: pieces with one inside are out of reach. */
  splits: boolean
}

const SPACE = '\u2581'
const NOTHING = new Uint8Array(0)

/** Throws FORMAT_UNSUPPORTED for steps that SentencePiece does not have. */
export function normalizerSettings(spec: TokenizerSpec): NormalizerSettings {
  const steps = flattened(spec.normalizer)
  const settings: NormalizerSettings = {
    charsMap: NOTHING,
    addDummyPrefix: false,
    removeExtraWhitespaces: false,
    splits: false,
  }
  let escapes = false
  const first = steps[0]
  if (first?.type === 'Precompiled') {
    settings.charsMap = charsMapOf(first.precompiled_charsmap)
    steps.shift()
  }
  const trims = new Set<string>()
  for (const step of steps) {
    if (step.type === 'Prepend' && step.prepend === SPACE) settings.addDummyPrefix = true
    else if (isReplace(step, { String: ' ' }, SPACE)) escapes = true
    else if (isReplace(step, { Regex: ' {2,}' }, ' ')) settings.removeExtraWhitespaces = true
    else if (isReplace(step, { Regex: '\\A +' }, '')) trims.add('start')
    else if (isReplace(step, { Regex: ' +\\z' }, '') || isReplace(step, { Regex: `${SPACE}+\\z` }, ''))
      trims.add('end')
    else throw foreign(spec, `the normalizer ${step.type}`)
  }
  const cuts = preTokenizers(spec.preTokenizer)
  const metaspace = cuts[0]
  if (cuts.length > 1 || (metaspace && (metaspace.type !== 'Metaspace' || metaspace.replacement !== SPACE)))
    throw foreign(spec, `the pre-tokenizer ${cuts.map(({ type }) => type).join(', ')}`)
  if (metaspace?.type === 'Metaspace') {
    escapes = true
    settings.splits = metaspace.split
    if (metaspace.prepend_scheme !== 'never') settings.addDummyPrefix = true
  }
  if (!escapes) throw foreign(spec, 'a text in which spaces stay spaces')
  if (settings.removeExtraWhitespaces !== (trims.size === 2) || trims.size === 1)
    throw foreign(spec, 'removing only some of the extra spaces')
  return settings
}

function charsMapOf(base64: string): Uint8Array {
  const source = utf8Encode(base64)
  const bytes = new Uint8Array(source.length)
  const length = decodeBase64(source, 0, source.length, bytes, 0)
  if (length < 0) throw invalid('Not base64', 'normalizer.precompiled_charsmap')
  return bytes.slice(0, length)
}

function flattened(spec: NormalizerSpec | null): Exclude<NormalizerSpec, { type: 'Sequence' }>[] {
  if (!spec) return []
  return spec.type === 'Sequence' ? spec.normalizers.flatMap(flattened) : [spec]
}

function preTokenizers(spec: PreTokenizerSpec | null): Exclude<PreTokenizerSpec, { type: 'Sequence' }>[] {
  if (!spec) return []
  return spec.type === 'Sequence' ? spec.pretokenizers.flatMap(preTokenizers) : [spec]
}

function isReplace(
  step: NormalizerSpec,
  pattern: { String: string } | { Regex: string },
  content: string,
): boolean {
  return (
    step.type === 'Replace' &&
    step.content === content &&
    JSON.stringify(step.pattern) === JSON.stringify(pattern)
  )
}

function foreign(spec: TokenizerSpec, what: string) {
  return unsupported(
    `SentencePiece has no ${what}`.replace('no the ', 'nothing like the '),
    spec.name,
    'A .model can hold what is trained with pattern "sentencepiece" and no normalizer, or what was read from one',
  )
}
