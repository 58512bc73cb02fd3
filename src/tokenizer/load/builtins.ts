// Written by scripts/vocabularies.mjs; do not edit.

export interface BuiltinTokenizer {
  name: string
  title: string
  /** In the folder `vocabularies/`. Encodings with the same ranks share a file. */
  file: string
  /** Size of the file. */
  bytes: number
  licence: string
  source: string
  /** Largest id + 1, special tokens included. */
  vocabSize: number
}

export const builtinTokenizers: readonly BuiltinTokenizer[] = [
  {
    name: 'o200k_base',
    title: 'GPT-4o, o1, GPT-4.1, GPT-5',
    file: 'o200k_base.tess',
    bytes: 833293,
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    vocabSize: 200019,
  },
  {
    name: 'o200k_harmony',
    title: 'gpt-oss (o200k_base with the harmony chat tokens)',
    file: 'o200k_base.tess',
    bytes: 833293,
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    vocabSize: 201088,
  },
  {
    name: 'cl100k_base',
    title: 'GPT-4, GPT-3.5 Turbo, text-embedding-3',
    file: 'cl100k_base.tess',
    bytes: 390701,
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    vocabSize: 100277,
  },
  {
    name: 'p50k_base',
    title: 'Codex, text-davinci-003',
    file: 'p50k_base.tess',
    bytes: 193087,
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    vocabSize: 50281,
  },
  {
    name: 'p50k_edit',
    title: 'text-davinci-edit-001 (p50k_base with fill-in-the-middle tokens)',
    file: 'p50k_base.tess',
    bytes: 193087,
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    vocabSize: 50284,
  },
  {
    name: 'r50k_base',
    title: 'GPT-2, GPT-3',
    file: 'r50k_base.tess',
    bytes: 192942,
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    vocabSize: 50257,
  },
  {
    name: 'gpt2',
    title: 'GPT-2 (the same as r50k_base)',
    file: 'r50k_base.tess',
    bytes: 192942,
    licence: 'MIT',
    source: 'OpenAI tiktoken (https://github.com/openai/tiktoken)',
    vocabSize: 50257,
  },
  {
    name: 'qwen3',
    title: 'Qwen3',
    file: 'qwen3.tess',
    bytes: 669945,
    licence: 'Apache-2.0',
    source: 'Qwen3 by Alibaba Cloud (https://huggingface.co/Qwen/Qwen3-8B)',
    vocabSize: 151669,
  },
  {
    name: 'deepseek_v3',
    title: 'DeepSeek-V3, R1',
    file: 'deepseek_v3.tess',
    bytes: 636686,
    licence: 'MIT',
    source: 'DeepSeek-V3 (https://huggingface.co/deepseek-ai/DeepSeek-V3-0324)',
    vocabSize: 128815,
  },
  {
    name: 'binary-16k',
    title: 'Binary BPE, 16k',
    file: 'binary-16k.tess',
    bytes: 55684,
    licence: 'Apache-2.0',
    source: 'Tessera, trained on executables of three platforms (src/papers/binary-bpe)',
    vocabSize: 16384,
  },
]
