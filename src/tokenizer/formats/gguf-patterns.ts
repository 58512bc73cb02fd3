// `tokenizer.ggml.pre` names how llama.cpp cuts text before BPE. A GGUF file holds only the name; the
// pieces are cut by code. Here are the patterns behind the names, by group.
// Source: ggml-org/llama.cpp, src/llama-vocab.cpp (llm_tokenizer_bpe and the list of pre-tokenizers).
import { KNOWN_ENCODINGS } from './encodings.ts'

export interface PreTokenizerRule {
  /** Cut one after another, each within the pieces of the one before. */
  patterns: readonly string[]
  /** A whole piece that is a token is that token. */
  ignoreMerges: boolean
  /** Text begins with the BOS token, unless the file says otherwise. */
  addBos: boolean
}

const pattern = (name: string) => KNOWN_ENCODINGS.find((e) => e.name === name)!.pattern
const GPT2 = pattern('gpt2')
const O200K = pattern('o200k_base')
const cl100k = (digits: string) =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}` +
  String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
const LLAMA3 = cl100k(String.raw`\p{N}{1,3}`)
const QWEN2 = cl100k(String.raw`\p{N}`)

const DEEPSEEK_V3 = [
  String.raw`\p{N}{1,3}`,
  '[一-龥぀-ゟ゠-ヿ]+',
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+' +
    '| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
]

const TEKKEN =
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` +
  String.raw`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` +
  String.raw`|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`

const SEED_CODER =
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}` +
  String.raw`| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+`
const BAILING =
  String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}` +
  String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`
const WORDS = ' ?[^(\\s|.,!?…。，、।۔،)]+'
const THREE_DIGITS = '[0-9][0-9][0-9]'

const GROUPS: readonly {
  names: string
  patterns: readonly string[]
  ignoreMerges?: boolean
  addBos?: boolean
}[] = [
  {
    names:
      'gpt-2 phi-2 jina-es jina-de gigachat jina-v1-en jina-v2-es jina-v2-de jina-v2-code roberta-bpe a.x-4.0 ' +
      'mellum mpt olmo jais trillion granite-docling exaone4',
    patterns: [GPT2],
  },
  {
    names: 'llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2',
    patterns: [LLAMA3],
    ignoreMerges: true,
    addBos: true,
  },
  { names: 'dbrx smaug-bpe glm4 chatglm-bpe', patterns: [LLAMA3] },
  { names: 'qwen2 deepseek-r1-qwen kormo stablelm2 megrez hunyuan grok-2', patterns: [QWEN2] },
  { names: 'gpt-4o llama4 minimax-m2', patterns: [O200K] },
  { names: 'deepseek-v3 hunyuan-dense', patterns: DEEPSEEK_V3 },
  {
    names: 'deepseek-coder',
    patterns: ['[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[一-龥ࠀ-一가-퟿]+', '\\p{N}'],
  },
  { names: 'tekken', patterns: [TEKKEN], ignoreMerges: true, addBos: true },
  {
    names: 'starcoder refact command-r smollm codeshell exaone minerva-7b',
    patterns: ['\\p{N}', GPT2],
  },
  { names: 'falcon', patterns: ['[\\p{P}$+<=>^~|`]+', GPT2, THREE_DIGITS] },
  { names: 'default', patterns: ['[\\p{P}$+<=>^~|]+', GPT2, '\\p{N}+', THREE_DIGITS] },
  { names: 'seed-coder', patterns: [SEED_CODER] },
  { names: 'bailingmoe bailingmoe2 llada-moe', patterns: [BAILING] },
  { names: 'poro-chat bloom gpt3-finnish', patterns: [WORDS] },
  { names: 'viking', patterns: [WORDS, '\\p{N}'] },
]

const RULES = new Map<string, PreTokenizerRule>(
  GROUPS.flatMap(({ names, patterns, ignoreMerges = false, addBos = false }) =>
    names.split(' ').map((name) => [name, { patterns, ignoreMerges, addBos }]),
  ),
)

export function preTokenizerRule(name: string): PreTokenizerRule | undefined {
  return RULES.get(name)
}

export const knownPreTokenizers: readonly string[] = [...RULES.keys()]

/** Names that stand for exactly these patterns, the field's own first. */
export function preTokenizersOf(patterns: readonly string[]): string[] {
  const wanted = JSON.stringify(patterns)
  return knownPreTokenizers.filter((name) => JSON.stringify(RULES.get(name)!.patterns) === wanted)
}
