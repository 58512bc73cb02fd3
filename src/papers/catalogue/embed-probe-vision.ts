// Papers about vectors for search, about looking into models, and about pictures as tokens.
import type { CatalogueEntry } from '../paper.ts'

export const EMBED_PROBE_VISION_PAPERS: readonly CatalogueEntry[] = [
  {
    slug: 'dupmae',
    title: 'RetroMAE v2: Duplex Masked Auto-Encoder For Pre-Training Retrieval-Oriented Language Models',
    year: 2022,
    published: '2022-11-16',
    authors: 2,
    organisation: null,
    code: null,
    room: 'embed',
    alsoIn: [],
    summary:
      'Prepares an encoder for search by making one vector rebuild the sentence and all the others predict its bag of words.',
  },
  {
    slug: 'causal2vec',
    title: 'Causal2Vec: Improving Decoder-only LLMs as Versatile Embedding Models',
    year: 2025,
    published: '2025-07-31',
    authors: 3,
    organisation: null,
    code: null,
    room: 'embed',
    alsoIn: [],
    summary:
      'Puts one vector that has seen the whole text in front of a left-to-right model, so that all its positions know the context.',
  },
  {
    slug: 'text2token',
    title: 'Text2Token: Unsupervised Text Representation Learning with Token Target Prediction',
    year: 2025,
    published: '2025-10-11',
    authors: 6,
    organisation: null,
    code: null,
    room: 'embed',
    alsoIn: [],
    summary:
      'Trains text embeddings without pairs by asking each vector to predict the key tokens of its own text, which also makes it readable.',
  },
  {
    slug: 'output-signatures',
    title: 'Learning on LLM Output Signatures for gray-box LLM Behavior Analysis',
    year: 2025,
    published: '2025-03-18',
    authors: 8,
    organisation: null,
    code: 'https://github.com/BarSGuy/LLM-Output-Signatures-Network',
    room: 'probe',
    alsoIn: [],
    summary:
      "Judges from a model's next-token distributions alone whether an answer is made up or a text was in the training data.",
  },
  {
    slug: 'token-forcing',
    title: 'Hiding Text in Large Language Models: Introducing Unconditional Token Forcing Confusion',
    year: 2024,
    published: '2024-06-04',
    authors: 5,
    organisation: null,
    code: null,
    room: 'probe',
    alsoIn: [],
    summary:
      'Hides a text in a model behind a trigger, finds it without the trigger by forcing every token as the first, and defends against that search.',
  },
  {
    slug: 'embedlens',
    title:
      'What Do Visual Tokens Really Encode? Uncovering Sparsity and Redundancy in Multimodal Large Language Models',
    year: 2026,
    published: '2026-02-27',
    authors: 4,
    organisation: null,
    code: 'https://github.com/EIT-NLP/EmbedLens',
    room: 'probe',
    alsoIn: ['vision'],
    summary:
      'Names what an image patch says to a language model by its nearest word embeddings, and shows that many patches say nothing.',
  },
  {
    slug: 'text-to-image-flow',
    title: 'Follow the Flow: On Information Flow Across Textual Tokens in Text-to-Image Models',
    year: 2025,
    published: '2025-04-01',
    authors: 5,
    organisation: null,
    code: null,
    room: 'probe',
    alsoIn: ['vision'],
    summary:
      'Blanks and swaps single prompt vectors between text encoder and image generator to see which tokens carry an expression, and mends leaks between them.',
  },
  {
    slug: 'uniwetok',
    title:
      'UniWeTok: An Unified Binary Tokenizer with Codebook Size 2^128 for Unified Multimodal Large Language Model',
    year: 2026,
    published: '2026-02-15',
    authors: null,
    organisation: 'ByteDance',
    code: null,
    room: 'vision',
    alsoIn: [],
    summary:
      'Encodes each cell of an image as 128 sign bits that serve reconstruction, understanding and generation at once.',
  },
  {
    slug: 'vist2',
    title: 'Global Context Compression with Interleaved Vision-Text Transformation',
    year: 2026,
    published: '2026-01-15',
    authors: 6,
    organisation: null,
    code: null,
    room: 'vision',
    alsoIn: ['model'],
    summary:
      'Replaces every finished chunk of text by a few visual tokens of its picture, both while reading and while writing.',
  },
]
