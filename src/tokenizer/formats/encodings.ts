// The public encodings of OpenAI: split patterns and special tokens. Facts from openai/tiktoken
// (MIT), tiktoken_ext/openai_public.py, in the spelling of npm `tiktoken` 1.0.22. Newer releases of tiktoken
// write the same languages with possessive quantifiers, which change speed and not the split.

export interface KnownEncoding {
  name: string
  title: string
  pattern: string
  /** Special token → id. */
  specials: ReadonlyMap<string, number>
  /** Name of the rank file; several encodings share one. */
  ranks: string
}

const R50K_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

const CL100K_PATTERN =
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}` +
  String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

const O200K_PATTERN =
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
  String.raw`|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?` +
  String.raw`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`

/**
 * The tokens of the harmony chat format, and reserved names for the other ids up to 201087. tiktoken
 * gives 200018 two names, <|endofprompt|> and <|reserved_200018|>; the first is kept.
 */
function harmonySpecials(): Map<string, number> {
  const named: [string, number][] = [
    ['<|startoftext|>', 199998],
    ['<|endoftext|>', 199999],
    ['<|return|>', 200002],
    ['<|constrain|>', 200003],
    ['<|channel|>', 200005],
    ['<|start|>', 200006],
    ['<|end|>', 200007],
    ['<|message|>', 200008],
    ['<|call|>', 200012],
    ['<|endofprompt|>', 200018],
  ]
  const taken = new Set(named.map(([, id]) => id))
  for (let id = 200000; id < 201088; id++) if (!taken.has(id)) named.push([`<|reserved_${id}|>`, id])
  return new Map(named.sort((a, b) => a[1] - b[1]))
}

const END_OF_TEXT_50K: [string, number] = ['<|endoftext|>', 50256]

export const KNOWN_ENCODINGS: readonly KnownEncoding[] = [
  {
    name: 'o200k_base',
    title: 'GPT-4o, o1, GPT-4.1, GPT-5',
    pattern: O200K_PATTERN,
    specials: new Map([
      ['<|endoftext|>', 199999],
      ['<|endofprompt|>', 200018],
    ]),
    ranks: 'o200k_base',
  },
  {
    name: 'o200k_harmony',
    title: 'gpt-oss (o200k_base with the harmony chat tokens)',
    pattern: O200K_PATTERN,
    specials: harmonySpecials(),
    ranks: 'o200k_base',
  },
  {
    name: 'cl100k_base',
    title: 'GPT-4, GPT-3.5 Turbo, text-embedding-3',
    pattern: CL100K_PATTERN,
    specials: new Map([
      ['<|endoftext|>', 100257],
      ['<|fim_prefix|>', 100258],
      ['<|fim_middle|>', 100259],
      ['<|fim_suffix|>', 100260],
      ['<|endofprompt|>', 100276],
    ]),
    ranks: 'cl100k_base',
  },
  {
    name: 'p50k_base',
    title: 'Codex, text-davinci-003',
    pattern: R50K_PATTERN,
    specials: new Map([END_OF_TEXT_50K]),
    ranks: 'p50k_base',
  },
  {
    name: 'p50k_edit',
    title: 'text-davinci-edit-001 (p50k_base with fill-in-the-middle tokens)',
    pattern: R50K_PATTERN,
    specials: new Map([
      END_OF_TEXT_50K,
      ['<|fim_prefix|>', 50281],
      ['<|fim_middle|>', 50282],
      ['<|fim_suffix|>', 50283],
    ]),
    ranks: 'p50k_base',
  },
  {
    name: 'r50k_base',
    title: 'GPT-2, GPT-3',
    pattern: R50K_PATTERN,
    specials: new Map([END_OF_TEXT_50K]),
    ranks: 'r50k_base',
  },
  {
    name: 'gpt2',
    title: 'GPT-2 (the same as r50k_base)',
    pattern: R50K_PATTERN,
    specials: new Map([END_OF_TEXT_50K]),
    ranks: 'r50k_base',
  },
]

export function knownEncoding(name: string): KnownEncoding | undefined {
  return KNOWN_ENCODINGS.find((e) => e.name === name)
}
