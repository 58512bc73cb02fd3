// The tokenizer options that several commands share.
import { type Specials, type Tokenizer, loadTokenizer } from '../tokenizer/index.ts'
import { type Options } from './verb.ts'

const DEFAULT_TOKENIZER = 'o200k_base'

export const tokenizerOption = {
  tokenizer: {
    type: 'string',
    alias: 't',
    valueHint: 'name|path',
    description:
      'A built-in vocabulary, an installed package, or a tokenizer.json, ranks, .model, GGUF or .tess file',
    default: DEFAULT_TOKENIZER,
  },
} as const satisfies Options

export const bytesOption = {
  bytes: { type: 'boolean', description: 'Tokenize raw bytes (input that is not UTF-8)', default: false },
} as const satisfies Options

const SPECIALS: Specials[] = ['parse', 'text', 'refuse']

export const encodeOptions = {
  specials: {
    type: 'enum',
    options: SPECIALS,
    description: "What special-token text in the input means (default: the tokenizer's own)",
  },
  template: {
    type: 'boolean',
    default: true,
    description: "Add the tokenizer's template",
    negativeDescription: 'Leave out what the template adds ([CLS], <s>, …)',
  },
} as const satisfies Options

/** Loads by built-in name, package or path. Throws TOKENIZER_NOT_FOUND and the readers' errors. */
export function openTokenizer(nameOrPath: string): Promise<Tokenizer> {
  return loadTokenizer(nameOrPath)
}
