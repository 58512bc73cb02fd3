// Pre-tokenization: from normalized text to the pieces that the model sees one by one.
// Source: the pre_tokenizers of Hugging Face tokenizers; one small file per component beside this one.
import type { AlignedText } from '../aligned.ts'
import type { PreTokenizerSpec, Reference } from '../spec.ts'
import { byteLevel } from './byte-level.ts'
import { metaspace } from './metaspace.ts'
import { bert, charDelimiterSplit, digits, fixedLength, punctuation } from './simple.ts'
import { eachPattern, splitStep, type Step } from './split.ts'
import { unicodeScripts } from './unicode-scripts.ts'
import { whitespace, whitespaceSplit } from './whitespace.ts'

/**
 * Compiles a pre-tokenizer into a function over the parts of a text (what is left between added tokens,
 * normalized). Each part is cut on its own; empty pieces are left out. null: every part is one piece.
 * Throws FORMAT_INVALID for parameters that the component cannot have, PATTERN_INVALID and
 * PATTERN_TOO_COMPLEX for patterns.
 */
export function compilePreTokenizer(
  spec: PreTokenizerSpec | null,
  reference: Reference,
): (pieces: AlignedText[]) => AlignedText[] {
  const steps = spec ? stepsOf(spec, reference) : []
  return (pieces) => {
    let from = pieces.filter((piece) => piece.text !== '')
    for (const step of steps) {
      const to: AlignedText[] = []
      for (const piece of from) step(piece, to)
      from = to
    }
    return from
  }
}

/**
 * Whether the pieces depend on where in the source a part begins (Metaspace with `first`). Then parts must
 * be tracked (aligned.ts) from the normalizer on, whether or not offsets are wanted: a normalizer that
 * strips the beginning moves the first part away from 0.
 */
export function needsSource(spec: PreTokenizerSpec | null): boolean {
  if (spec?.type === 'Sequence') return spec.pretokenizers.some(needsSource)
  return spec?.type === 'Metaspace' && spec.prepend_scheme === 'first'
}

function stepsOf(spec: PreTokenizerSpec, reference: Reference): Step[] {
  return spec.type === 'Sequence'
    ? spec.pretokenizers.flatMap((inner) => stepsOf(inner, reference))
    : [stepOf(spec, reference)]
}

function stepOf(spec: Exclude<PreTokenizerSpec, { type: 'Sequence' }>, reference: Reference): Step {
  switch (spec.type) {
    case 'ByteLevel':
      return byteLevel(spec.add_prefix_space, spec.use_regex, reference)
    case 'Split':
      return splitStep(eachPattern(spec.pattern, reference), spec.behavior, spec.invert)
    case 'Whitespace':
      return whitespace()
    case 'WhitespaceSplit':
      return whitespaceSplit()
    case 'BertPreTokenizer':
      return bert()
    case 'Metaspace':
      return metaspace(spec.replacement, spec.prepend_scheme, spec.split)
    case 'CharDelimiterSplit':
      return charDelimiterSplit(spec.delimiter)
    case 'Punctuation':
      return punctuation(spec.behavior)
    case 'Digits':
      return digits(spec.individual_digits)
    case 'UnicodeScripts':
      return unicodeScripts()
    case 'FixedLength':
      return fixedLength(spec.length)
  }
}
