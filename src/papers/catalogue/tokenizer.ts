// Papers about how text, bytes and pictures-as-programs are cut into tokens, and how that is measured.
import type { CatalogueEntry } from '../paper.ts'

export const TOKENIZER_PAPERS: readonly CatalogueEntry[] = [
  {
    slug: 'binary-bpe',
    title: 'Binary BPE: A Family of Cross-Platform Tokenizers for Binary Analysis',
    year: 2025,
    published: '2025-11-14',
    authors: 1,
    organisation: null,
    code: null,
    room: 'tokenizer',
    alsoIn: [],
    summary:
      'Trains byte-pair encoding on raw executables of many platforms, as nested vocabularies that fit two to three times more of a program into the same number of tokens.',
  },
  {
    slug: 'hivg',
    title:
      'Hierarchical SVG Tokenization: Learning Compact Visual Programs for Scalable Vector Graphics Modeling',
    year: 2026,
    published: null,
    authors: null,
    organisation: null,
    code: 'https://github.com/ximinng/HiVG',
    room: 'tokenizer',
    alsoIn: ['model'],
    summary:
      'Rewrites an SVG as typed tokens for commands, quantised coordinates and attributes, then merges whole drawing steps into single tokens.',
  },
  {
    slug: 'tokenadapt',
    title:
      'Achieving Tokenizer Flexibility in Language Models through Heuristic Adaptation and Supertoken Learning',
    year: 2025,
    published: '2025-05-14',
    authors: 4,
    organisation: null,
    code: null,
    room: 'tokenizer',
    alsoIn: ['adapt'],
    summary:
      'Gives a trained model another tokenizer by composing each new embedding from old ones, and learns tokens that span several words.',
  },
  {
    slug: 'visual-unicode',
    title:
      'Emergent Semantics Beyond Token Embeddings: Transformer LMs with Frozen Visual Unicode Representations',
    year: 2025,
    published: '2025-07-07',
    authors: 1,
    organisation: null,
    code: null,
    room: 'tokenizer',
    alsoIn: ['model'],
    summary:
      "Never trains the input embeddings: each token's vector is computed once from a picture of its glyphs, and the layers above learn the meaning.",
  },
  {
    slug: 'dynamic-tokenization',
    title: 'Retrofitting (Large) Language Models with Dynamic Tokenization',
    year: 2024,
    published: '2024-11-27',
    authors: 3,
    organisation: null,
    code: null,
    room: 'tokenizer',
    alsoIn: ['adapt'],
    summary:
      'Merges the most frequent neighbouring tokens of each batch on the fly and predicts embeddings for the merged tokens, so that an unchanged model reads shorter sequences.',
  },
  {
    slug: 'information-theoretic-tokenizers',
    title: 'An Information-Theoretic Perspective on LLM Tokenizers',
    year: 2026,
    published: '2026-01-13',
    authors: 5,
    organisation: null,
    code: null,
    room: 'measure',
    alsoIn: ['tokenizer'],
    summary:
      'Treats a tokenizer as a compressor and as the input of a channel: compression, entropies of token runs, gain under gzip, and merges chosen by compressed size.',
  },
  {
    slug: 'tokenization-consistency',
    title: 'Say Anything but This: When Tokenizer Betrays Reasoning in LLMs',
    year: 2026,
    published: '2026-01-21',
    authors: 3,
    organisation: null,
    code: null,
    room: 'measure',
    alsoIn: ['probe'],
    summary:
      'Counts phantom edits, where a model changes the token ids of a word and believes that it changed the text, and sorts them by cause.',
  },
]
