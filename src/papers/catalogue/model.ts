// Papers about models that see bytes, words or latents instead of a fixed vocabulary, and about changing
// the tokens of models that are already trained.
import type { CatalogueEntry } from '../paper.ts'

export const MODEL_PAPERS: readonly CatalogueEntry[] = [
  {
    slug: 'hat',
    title:
      'Hierarchical Autoregressive Transformers: Combining Byte- and Word-Level Processing for Robust, Adaptable Language Models',
    year: 2025,
    published: '2025-01-17',
    authors: 4,
    organisation: null,
    code: null,
    room: 'model',
    alsoIn: [],
    summary:
      'Reads words letter by letter with a small encoder, thinks in words with a large backbone, and spells the next word with a small decoder.',
  },
  {
    slug: 'hat-conversion',
    title: 'A Family of LLMs Liberated from Static Vocabularies',
    year: 2026,
    published: '2026-03-16',
    authors: 37,
    organisation: null,
    code: null,
    room: 'adapt',
    alsoIn: ['model'],
    summary:
      "Replaces a trained model's vocabulary by byte-level modules at both ends and trains them into place, keeping what the backbone knows.",
  },
  {
    slug: 'learn-your-tokens',
    title: 'Learn Your Tokens: Word-Pooled Tokenization for Language Modeling',
    year: 2023,
    published: '2023-10-17',
    authors: 4,
    organisation: null,
    code: null,
    room: 'model',
    alsoIn: [],
    summary:
      'Pools the characters of each word into a few learned vectors, models those, and spells every next word in parallel, all trained together.',
  },
  {
    slug: 'byte2word',
    title: 'Word-Level Representation From Bytes For Language Modeling',
    year: 2022,
    published: '2022-11-22',
    authors: 3,
    organisation: null,
    code: null,
    room: 'model',
    alsoIn: [],
    summary:
      'Builds word vectors from bytes with one cross-attention layer and predicts sub-words from them, which makes the large embedding table unnecessary.',
  },
  {
    slug: 'mrt5',
    title: 'MrT5: Dynamic Token Merging for Efficient Byte-level Language Models',
    year: 2024,
    published: '2024-10-28',
    authors: 5,
    organisation: null,
    code: null,
    room: 'model',
    alsoIn: [],
    summary:
      'Lets a byte-level encoder decide after a few layers which positions to drop, and runs the rest of the network on a much shorter sequence.',
  },
  {
    slug: 'zonkey',
    title:
      'Zonkey: A Hierarchical Diffusion Language Model with Differentiable Tokenization and Probabilistic Attention',
    year: 2026,
    published: '2026-01-29',
    authors: 1,
    organisation: null,
    code: null,
    room: 'model',
    alsoIn: [],
    summary:
      'Learns where segments begin as probabilities inside the model and generates text by diffusion over the compressed segments.',
  },
  {
    slug: 'cosmos',
    title: 'Compressed and Smooth Latent Space for Text Diffusion Modeling',
    year: 2025,
    published: '2025-06-26',
    authors: 5,
    organisation: null,
    code: null,
    room: 'model',
    alsoIn: [],
    summary:
      'Compresses a passage into a handful of noise-tolerant vectors and generates text by diffusion on those instead of on tokens.',
  },
  {
    slug: 'zett',
    title: 'Zero-Shot Tokenizer Transfer',
    year: 2024,
    published: '2024-05-13',
    authors: 3,
    organisation: null,
    code: null,
    room: 'adapt',
    alsoIn: [],
    summary:
      'Trains one network that predicts embeddings for any new vocabulary, so that a model can change its tokenizer without being trained again.',
  },
  {
    slug: 'code-token-merging',
    title: 'On the Effect of Token Merging on Pre-trained Models for Code',
    year: 2025,
    published: '2025-07-18',
    authors: 4,
    organisation: null,
    code: null,
    room: 'adapt',
    alsoIn: [],
    summary:
      'Merges the vectors of the pieces of an identifier inside a trained code model, so that its upper layers run on shorter sequences.',
  },
]
