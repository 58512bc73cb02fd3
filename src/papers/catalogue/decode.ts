// Papers about what happens between a model's scores and the text: speculation, caches, layers, order.
import type { CatalogueEntry } from '../paper.ts'

export const DECODE_PAPERS: readonly CatalogueEntry[] = [
  {
    slug: 'byte-level-probabilities',
    title: 'Exact Byte-Level Probabilities from Tokenized Language Models for FIM-Tasks and Model Ensembles',
    year: 2024,
    published: '2024-10-11',
    authors: 6,
    organisation: null,
    code: null,
    room: 'decode',
    alsoIn: [],
    summary:
      'Turns any token model into an exact model of the next byte, which repairs prompts that stop inside a token and lets models with different vocabularies vote.',
  },
  {
    slug: 'token-recycling',
    title:
      'Turning Trash into Treasure: Accelerating Inference of Large Language Models with Token Recycling',
    year: 2024,
    published: '2024-08-16',
    authors: 8,
    organisation: null,
    code: null,
    room: 'decode',
    alsoIn: [],
    summary:
      'Keeps the runner-up tokens that decoding throws away in a small table and drafts a tree of continuations from it, verified in one pass.',
  },
  {
    slug: 'suffix-decoding',
    title: 'SuffixDecoding: Extreme Speculative Decoding for Emerging AI Applications',
    year: 2024,
    published: '2024-11-07',
    authors: 4,
    organisation: null,
    code: 'https://github.com/snowflakedb/ArcticInference',
    room: 'decode',
    alsoIn: [],
    summary:
      'Drafts long continuations from suffix trees over earlier outputs and the current request, the longer the better the match, without a draft model.',
  },
  {
    slug: 'batch-speculation',
    title: 'Batch Speculative Decoding Done Right',
    year: 2025,
    published: null,
    authors: null,
    organisation: null,
    code: 'https://github.com/eBay/spec_dec',
    room: 'decode',
    alsoIn: [],
    summary:
      'Keeps speculative decoding exact when the sequences of a batch accept different numbers of tokens, and regroups equal lengths to avoid the repair work.',
  },
  {
    slug: 'skipdecode',
    title: 'SkipDecode: Autoregressive Skip Decoding with Batching and Caching for Efficient LLM Inference',
    year: 2023,
    published: '2023-07-05',
    authors: 6,
    organisation: null,
    code: null,
    room: 'decode',
    alsoIn: [],
    summary:
      'Lets later tokens run through fewer layers on a fixed schedule by position, which keeps batches and the key-value cache intact.',
  },
  {
    slug: 'sentencekv',
    title: 'SentenceKV: Efficient LLM Inference via Sentence-Level Semantic KV Caching',
    year: 2025,
    published: '2025-04-01',
    authors: 4,
    organisation: null,
    code: null,
    room: 'decode',
    alsoIn: [],
    summary:
      'Summarises each sentence of the prompt by one mean key and loads back only the sentences that the current query resembles.',
  },
  {
    slug: 'graph-kv',
    title: 'Graph-KV: Breaking Sequence via Injecting Structural Biases into Large Language Models',
    year: 2025,
    published: '2025-06-08',
    authors: 7,
    organisation: null,
    code: null,
    room: 'decode',
    alsoIn: [],
    summary:
      'Reads text segments as the nodes of a graph: each is cached on its own, and a segment attends only to those that point to it.',
  },
  {
    slug: 'simultaneous-translation',
    title: 'LLMs Can Achieve High-quality Simultaneous Machine Translation as Efficiently as Offline',
    year: 2025,
    published: '2025-04-13',
    authors: 7,
    organisation: null,
    code: null,
    room: 'decode',
    alsoIn: [],
    summary:
      'Teaches a language model to interleave reading and writing, so that it translates a stream of words with one growing cache.',
  },
  {
    slug: 'tokenweave',
    title: 'TokenWeave: Efficient Compute-Communication Overlap for Distributed LLM Inference',
    year: 2025,
    published: '2025-05-16',
    authors: 3,
    organisation: null,
    code: null,
    room: 'decode',
    alsoIn: [],
    summary:
      'Splits the tokens of a step in two halves, so that one half computes while the other is exchanged between devices.',
  },
]
