// Tokenizers of every kind for the tests of dynamic tokenization, small ones with much left to merge, and batches
// of texts that meet their edges.
import fc from 'fast-check'
import { loadTokenizer } from '../../load-tokenizer.ts'
import { addedToken, BYTE_TOKENS, unigramTwin, wordPieceTwin } from '../../models/testing/specs.ts'
import type { ModelSpec, TokenizerSpec } from '../../spec.ts'
import { createTokenizer } from '../../tokenizer.ts'
import { trainBpe } from '../../train-tokenizer.ts'
import type { Tokenizer } from '../../types.ts'

export const CORPUS = [
  'the theory of the thing is that the thin thread thickens 1234 5678 12345678\n',
  'if (x == 10) {\n    return x + 1;\n}\n\nelse {\n\treturn "don\'t";\n}\n',
  'Würde und Rechte, naïve café, 日本語の文 👩‍🚀👩‍🚀 ',
]

export const anyText = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        'the',
        ' th',
        'ing',
        ' 1234',
        '56',
        '\n',
        '\n\n',
        '    ',
        '\t',
        "'t",
        ' Würde',
        '日本',
        '👩‍🚀',
        'aaa',
        '<|end|>',
        '.',
        ' ',
      ),
      { maxLength: 25 },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
export const anyBatch = fc.array(anyText, { maxLength: 6 })
export const EDGES = ['', ' ', ' \n\t  \n\n', 'a'.repeat(10_000), '👩‍👩‍👧‍👦👩‍🚀', 'x', '<|end|>', '<|end|><|end|>']

/** A byte-level base of few merges, so that there is much left to do; BOS by its template. */
async function smallBase(pattern: 'cl100k' | 'gpt2' | 'none' = 'cl100k'): Promise<Tokenizer> {
  const { spec } = await trainBpe(CORPUS, { vocabSize: 320, pattern, specials: ['<|end|>', '<s>'] })
  return createTokenizer({
    ...spec,
    postProcessor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
  })
}

function other(model: ModelSpec, changes: Partial<TokenizerSpec>): Tokenizer {
  return createTokenizer({
    name: 'small',
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: null,
    model,
    postProcessor: null,
    decoder: null,
    addedTokens: [],
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
    ...changes,
  })
}

const wordPiece = other(
  wordPieceTwin(['[UNK]', 'th', 't', '##e', '##h', '##in', '##g', 'in', 'a', '##a', '.', '1', '##2', '##3'])
    .spec,
  {
    preTokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    addedTokens: [addedToken(0, '[UNK]', { special: true })],
  },
)
export const unigram = other(
  unigramTwin(
    [
      ['<unk>', 0],
      ...BYTE_TOKENS.map((token): [string, number] => [token, -9]),
      ['▁', -3],
      ['▁the', -3],
      ['t', -4],
      ['h', -4],
      ['th', -3.5],
      ['ing', -4],
      ['a', -4],
    ],
    0,
    true,
  ).spec,
  {
    reference: 'sentencepiece',
    preTokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'ByteFallback' },
        { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
      ],
    },
  },
)

export const bases: [string, Tokenizer][] = [
  ['small cl100k', await smallBase()],
  ['small gpt2', await smallBase('gpt2')],
  ['small without pre-tokenizer', await smallBase('none')],
  ['r50k_base', await loadTokenizer('r50k_base')],
  ['WordPiece', wordPiece],
  ['Unigram', unigram],
]
export const BOUNDARIES = ['pretokens', 'word', 'sentence'] as const
