// Normalizers: what happens to a text before it is cut into pieces.
// Source: the normalizers of Hugging Face tokenizers 0.23; each follows its Unicode tables, not today's.
import { TesseraError } from '../../core/index.ts'
import type { AlignedText } from '../aligned.ts'
import type { NormalizerSpec, Reference } from '../spec.ts'
import { bertNormalizer } from './bert.ts'
import { normalForm, QUIET } from './forms.ts'
import { lowercase, stripAccents } from './lowercase.ts'
import { longestMatch } from './longest-match.ts'
import { precompiled } from './precompiled.ts'
import type { Normalizer } from './rewrite.ts'
import { byteLevel, nmt, prepend, replace, strip } from './simple.ts'

const MAX_NESTING = 64

/**
 * Compiles a normalizer. A text that it does not change comes back as the same object; in a tracked text
 * every unit knows the range it came from (aligned.ts). Texts must be well formed. Throws FORMAT_INVALID
 * (a broken charsmap, sequences nested too deeply), PATTERN_INVALID, PATTERN_TOO_COMPLEX and
 * FORMAT_UNSUPPORTED.
 */
export function compileNormalizer(
  spec: NormalizerSpec | null,
  reference: Reference,
): (text: AlignedText) => AlignedText {
  const steps = spec ? stepsOf(spec, reference, 0) : []
  if (steps.length === 1) return steps[0]!
  return (input) => {
    let text = input
    for (const step of steps) text = step(text)
    return text
  }
}

/** A text with no code unit from here on comes back unchanged; 0 = no such promise. */
export function quietBelow(spec: NormalizerSpec): number {
  switch (spec.type) {
    case 'Sequence':
      return spec.normalizers.reduce((least, inner) => Math.min(least, quietBelow(inner)), 0x10000)
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return QUIET[spec.type]
    default:
      return 0
  }
}

function stepsOf(spec: NormalizerSpec, reference: Reference, depth: number): Normalizer[] {
  if (depth > MAX_NESTING) {
    throw new TesseraError('FORMAT_INVALID', 'Sequences of normalizers are nested too deeply', {
      where: 'normalizer',
    })
  }
  switch (spec.type) {
    case 'Sequence':
      return spec.normalizers.flatMap((inner) => stepsOf(inner, reference, depth + 1))
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return [normalForm(spec.type)]
    case 'Lowercase':
      return [lowercase]
    case 'StripAccents':
      return [stripAccents]
    case 'BertNormalizer':
      return [bertNormalizer(spec)]
    case 'Strip':
      return [strip(spec.strip_left, spec.strip_right)]
    case 'Prepend':
      return [prepend(spec.prepend)]
    case 'Nmt':
      return [nmt]
    case 'ByteLevel':
      return [byteLevel]
    case 'Replace':
      return [replace(spec.pattern, spec.content, reference)]
    case 'Precompiled':
      return [
        reference === 'sentencepiece'
          ? longestMatch(spec.precompiled_charsmap)
          : precompiled(spec.precompiled_charsmap),
      ]
  }
}
