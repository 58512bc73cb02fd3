// The ways of cutting text into words that training knows by name, and the decoders that undo them.
import { TesseraError } from '../../core/index.ts'
import { knownEncoding } from '../formats/encodings.ts'
import { GPT2_PATTERN } from '../scan/index.ts'
import type { DecoderSpec, NormalizerSpec, PreTokenizerSpec } from '../spec.ts'

const SPACE = '▁'

/**
 * - `gpt2`, `cl100k`, `o200k`: the patterns of OpenAI's encodings;
 * - `metaspace`: cut before each space, which becomes ▁ (SentencePiece);
 * - `whitespace`: words and runs of punctuation; white space is lost;
 * - `whitespace-split`: what stands between white space, which is lost;
 * - `bert`: words and single marks of punctuation; white space is lost;
 * - `sentencepiece`: cut before each space, which becomes ▁, and around line breaks; one ▁ is put before the
 *   text. The saved tokenizer has no pre-tokenizer: no token crosses a cut. As SentencePiece does it, also for
 *   a text that begins with a space;
 * - `none`: a document or line is one word.
 */
export type PatternName = (typeof NAMES)[number]

const NAMES = [
  'gpt2',
  'cl100k',
  'o200k',
  'metaspace',
  'sentencepiece',
  'whitespace',
  'whitespace-split',
  'bert',
  'none',
] as const

/** The steps around a model, as they are saved, and how its words are cut for counting. */
export interface Pipeline {
  counted: PreTokenizerSpec | null
  normalizer: NormalizerSpec | null
  preTokenizer: PreTokenizerSpec | null
  decoder: DecoderSpec | null
}

/** The steps around a model of characters. Throws ARGUMENT_INVALID. */
export function pipelineFor(
  pattern: PatternName | { regex: string } | PreTokenizerSpec,
  normalizer: NormalizerSpec | null,
  options: DecoderOptions,
): Pipeline {
  const counted = preTokenizerFor(pattern, false)
  if (pattern !== 'sentencepiece')
    return { counted, normalizer, preTokenizer: counted, decoder: decoderFor(counted, options) }
  const before = normalizer?.type === 'Sequence' ? normalizer.normalizers : normalizer ? [normalizer] : []
  return {
    counted,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...before,
        { type: 'Replace', pattern: { String: ' ' }, content: SPACE },
        { type: 'Prepend', prepend: SPACE },
      ],
    },
    preTokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        ...(options.byteFallback ? [{ type: 'ByteFallback' } as const] : []),
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
  }
}

/** The pre-tokenizer of an option, ending in ByteLevel where the symbols are bytes. Throws ARGUMENT_INVALID. */
export function preTokenizerFor(
  pattern: PatternName | { regex: string } | PreTokenizerSpec,
  bytes: boolean,
): PreTokenizerSpec | null {
  const cut =
    typeof pattern === 'string' ? named(pattern) : 'regex' in pattern ? split(pattern.regex) : pattern
  const steps = flatten(cut)
  if (!bytes || steps.at(-1)?.type === 'ByteLevel') return cut
  if (steps.some((step) => step.type === 'ByteLevel')) {
    throw new TesseraError('ARGUMENT_INVALID', 'A step follows ByteLevel', {
      where: 'pattern',
      hint: 'ByteLevel is the last step: after it there is no text to cut',
    })
  }
  const byteLevel: PreTokenizerSpec = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: pattern === 'gpt2',
  }
  return steps.length === 0 || pattern === 'gpt2'
    ? byteLevel
    : { type: 'Sequence', pretokenizers: [...steps, byteLevel] }
}

/** The steps of a pre-tokenizer, one after another. */
export function flatten(spec: PreTokenizerSpec | null): Exclude<PreTokenizerSpec, { type: 'Sequence' }>[] {
  if (!spec) return []
  return spec.type === 'Sequence' ? spec.pretokenizers.flatMap(flatten) : [spec]
}

interface DecoderOptions {
  byteFallback?: boolean
  continuingSubwordPrefix?: string
  endOfWordSuffix?: string
}

/** How ids become text again; null: tokens are joined with spaces, as Hugging Face does. */
export function decoderFor(
  preTokenizer: PreTokenizerSpec | null,
  options: DecoderOptions,
): DecoderSpec | null {
  const steps = flatten(preTokenizer)
  const last = steps.at(-1)
  if (last?.type === 'ByteLevel') return { ...last, add_prefix_space: true, use_regex: true }
  if (options.endOfWordSuffix) return { type: 'BPEDecoder', suffix: options.endOfWordSuffix }
  if (options.continuingSubwordPrefix) {
    return { type: 'WordPiece', prefix: options.continuingSubwordPrefix, cleanup: false }
  }
  const decoders: DecoderSpec[] = options.byteFallback ? [{ type: 'ByteFallback' }] : []
  const metaspace = steps.find((step) => step.type === 'Metaspace')
  if (metaspace) decoders.push(metaspace)
  else if (steps.length === 0) decoders.push({ type: 'Fuse' })
  if (decoders.length === 0) return null
  return decoders.length === 1 ? decoders[0]! : { type: 'Sequence', decoders }
}

function named(name: PatternName): PreTokenizerSpec | null {
  switch (name) {
    case 'none':
      return null
    case 'gpt2':
      return split(GPT2_PATTERN)
    case 'cl100k':
    case 'o200k':
      return split(knownEncoding(`${name}_base`)!.pattern)
    case 'metaspace':
      return { type: 'Metaspace', replacement: SPACE, prepend_scheme: 'always', split: true }
    case 'sentencepiece':
      return {
        type: 'Sequence',
        pretokenizers: [
          split('\\n+'),
          { type: 'Metaspace', replacement: SPACE, prepend_scheme: 'first', split: true },
        ],
      }
    case 'bert':
      return { type: 'BertPreTokenizer' }
    case 'whitespace':
      return { type: 'Whitespace' }
    case 'whitespace-split':
      return { type: 'WhitespaceSplit' }
    default:
      throw new TesseraError('ARGUMENT_INVALID', `No pattern is named ${JSON.stringify(name)}`, {
        where: 'pattern',
        hint: `There are ${NAMES.join(', ')}, { regex } and pre-tokenizers of tokenizer.json`,
      })
  }
}

function split(regex: string): PreTokenizerSpec {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false }
}
