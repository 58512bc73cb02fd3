// Decoding: from token strings back to text. One small function per component in steps.ts.
import { TesseraError } from '../../core/index.ts'
import { eachPattern } from '../pretokenize/split.ts'
import type { DecoderSpec, Reference } from '../spec.ts'
import {
  bpeSuffix,
  byteFallback,
  byteLevel,
  ctc,
  each,
  fuse,
  metaspace,
  replace,
  strip,
  wordPiece,
  type DecodeStep,
  type TokenMap,
} from './steps.ts'

/**
 * One stage of a decoder. `token`: maps each token by itself. `bytes`: ByteFallback. `all`: joins the tokens
 * (ByteLevel to bytes, Fuse as text). `list`: needs the whole list.
 */
export type DecodeStage =
  | { kind: 'token'; map: TokenMap; spec: DecoderSpec }
  | { kind: 'bytes' | 'byteLevel' | 'fuse' | 'list'; step: DecodeStep; spec: DecoderSpec }

/** Flat list of stages; sequences are opened. Throws FORMAT_INVALID, PATTERN_INVALID, PATTERN_TOO_COMPLEX. */
export function decodeStages(spec: DecoderSpec, reference: Reference, where = 'decoder'): DecodeStage[] {
  switch (spec.type) {
    case 'Sequence':
      return spec.decoders.flatMap((inner, i) => decodeStages(inner, reference, `${where}.decoders[${i}]`))
    case 'ByteLevel':
      return [{ kind: 'byteLevel', step: byteLevel, spec }]
    case 'ByteFallback':
      return [{ kind: 'bytes', step: byteFallback, spec }]
    case 'Fuse':
      return [{ kind: 'fuse', step: fuse, spec }]
    case 'Strip':
      if ([...spec.content].length !== 1) {
        throw new TesseraError('FORMAT_INVALID', 'Strip takes exactly one character', {
          where: `${where}.content`,
        })
      }
      return [{ kind: 'token', map: strip(spec.content, spec.start, spec.stop), spec }]
    case 'Replace':
      return [{ kind: 'token', map: replace(eachPattern(spec.pattern, reference), spec.content), spec }]
    case 'Metaspace':
      return [{ kind: 'token', map: metaspace(spec.replacement, spec.prepend_scheme), spec }]
    case 'WordPiece':
      return [{ kind: 'token', map: wordPiece(spec.prefix, spec.cleanup), spec }]
    case 'BPEDecoder':
      return [{ kind: 'list', step: bpeSuffix(spec.suffix), spec }]
    case 'CTC':
      return [{ kind: 'list', step: ctc(spec.pad_token, spec.word_delimiter_token, spec.cleanup), spec }]
  }
}

/**
 * Compiles a decoder: token strings → text. null: the tokens joined by spaces, as the reference does.
 * Throws FORMAT_INVALID, PATTERN_INVALID, PATTERN_TOO_COMPLEX.
 */
export function compileDecoder(
  spec: DecoderSpec | null,
  reference: Reference = 'huggingface',
): (tokens: readonly string[]) => string {
  if (!spec) return (tokens) => tokens.join(' ')
  const steps = decodeStages(spec, reference).map((stage) =>
    stage.kind === 'token' ? each(stage.map) : stage.step,
  )
  return (tokens) => {
    let list = [...tokens]
    for (const step of steps) list = step(list)
    return list.join('')
  }
}
