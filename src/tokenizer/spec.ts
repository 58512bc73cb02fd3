// A tokenizer as plain data. Every reader produces a TokenizerSpec, every writer consumes one, and the
// engine compiles one. Components keep the shape and the field names of Hugging Face tokenizer.json,
// so that reading and writing that format loses nothing; vocabulary and merges are flat arrays.
import type { Vocab } from './vocab.ts'

/** A pattern of tokenizer.json: a literal string, or a regular expression in Oniguruma syntax. */
export type Pattern = { String: string } | { Regex: string }

export type SplitBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous'

export type NormalizerSpec =
  | { type: 'Sequence'; normalizers: NormalizerSpec[] }
  | {
      type: 'BertNormalizer'
      clean_text: boolean
      handle_chinese_chars: boolean
      strip_accents: boolean | null
      lowercase: boolean
    }
  | { type: 'NFC' }
  | { type: 'NFD' }
  | { type: 'NFKC' }
  | { type: 'NFKD' }
  | { type: 'Strip'; strip_left: boolean; strip_right: boolean }
  | { type: 'StripAccents' }
  | { type: 'Lowercase' }
  | { type: 'Nmt' }
  /** `precompiled_charsmap`: base64 of SentencePiece's compiled normalization map. */
  | { type: 'Precompiled'; precompiled_charsmap: string }
  | { type: 'Replace'; pattern: Pattern; content: string }
  | { type: 'Prepend'; prepend: string }
  | { type: 'ByteLevel' }

export type PreTokenizerSpec =
  | { type: 'Sequence'; pretokenizers: PreTokenizerSpec[] }
  | { type: 'ByteLevel'; add_prefix_space: boolean; trim_offsets: boolean; use_regex: boolean }
  | { type: 'Split'; pattern: Pattern; behavior: SplitBehavior; invert: boolean }
  | { type: 'Whitespace' }
  | { type: 'WhitespaceSplit' }
  | { type: 'BertPreTokenizer' }
  | { type: 'Metaspace'; replacement: string; prepend_scheme: 'always' | 'first' | 'never'; split: boolean }
  | { type: 'CharDelimiterSplit'; delimiter: string }
  | { type: 'Punctuation'; behavior: SplitBehavior }
  | { type: 'Digits'; individual_digits: boolean }
  | { type: 'UnicodeScripts' }
  | { type: 'FixedLength'; length: number }

export type TemplatePiece =
  { Sequence: { id: 'A' | 'B'; type_id: number } } | { SpecialToken: { id: string; type_id: number } }

export type PostProcessorSpec =
  | { type: 'Sequence'; processors: PostProcessorSpec[] }
  | { type: 'BertProcessing'; sep: [string, number]; cls: [string, number] }
  | {
      type: 'RobertaProcessing'
      sep: [string, number]
      cls: [string, number]
      trim_offsets: boolean
      add_prefix_space: boolean
    }
  | { type: 'ByteLevel'; add_prefix_space: boolean; trim_offsets: boolean; use_regex: boolean }
  | {
      type: 'TemplateProcessing'
      single: TemplatePiece[]
      pair: TemplatePiece[]
      special_tokens: Record<string, { id: string; ids: number[]; tokens: string[] }>
    }

export type DecoderSpec =
  | { type: 'Sequence'; decoders: DecoderSpec[] }
  | { type: 'ByteLevel'; add_prefix_space: boolean; trim_offsets: boolean; use_regex: boolean }
  | { type: 'ByteFallback' }
  | { type: 'Fuse' }
  | { type: 'Strip'; content: string; start: number; stop: number }
  | { type: 'Replace'; pattern: Pattern; content: string }
  | { type: 'Metaspace'; replacement: string; prepend_scheme: 'always' | 'first' | 'never'; split: boolean }
  | { type: 'WordPiece'; prefix: string; cleanup: boolean }
  | { type: 'BPEDecoder'; suffix: string }
  | { type: 'CTC'; pad_token: string; word_delimiter_token: string; cleanup: boolean }

export interface AddedToken {
  id: number
  content: string
  single_word: boolean
  lstrip: boolean
  rstrip: boolean
  normalized: boolean
  special: boolean
}

export interface BpeModelSpec {
  type: 'BPE'
  vocab: Vocab
  /**
   * `[2 * merges]`: the pair of ids merged at each rank, in rank order.
   * null = tiktoken's rule: any two neighbours whose joined bytes are a token may merge, and the rank
   * of that merge is the token's id.
   */
  merges: Uint32Array | null
  /** Byte-level: the initial symbols are single bytes (vocab.alphabet is 'bytes'). Otherwise characters. */
  byteLevel: boolean
  unkToken: string | null
  continuingSubwordPrefix: string | null
  endOfWordSuffix: string | null
  fuseUnk: boolean
  /** A character without a token becomes the tokens `<0xNN>` of its UTF-8 bytes. */
  byteFallback: boolean
  /** A whole piece that is a token is that token, whatever the merges say. Always so for tiktoken ranks. */
  ignoreMerges: boolean
}

export interface UnigramModelSpec {
  type: 'Unigram'
  vocab: Vocab
  /** `[vocab.size]` log-probabilities. */
  scores: Float64Array
  unkId: number | null
  byteFallback: boolean
}

export interface WordPieceModelSpec {
  type: 'WordPiece'
  vocab: Vocab
  unkToken: string
  continuingSubwordPrefix: string
  maxInputCharsPerWord: number
}

export interface WordLevelModelSpec {
  type: 'WordLevel'
  vocab: Vocab
  unkToken: string
}

export type ModelSpec = BpeModelSpec | UnigramModelSpec | WordPieceModelSpec | WordLevelModelSpec

export interface TruncationSpec {
  direction: 'Left' | 'Right'
  max_length: number
  strategy: 'LongestFirst' | 'OnlyFirst' | 'OnlySecond'
  stride: number
}

export interface PaddingSpec {
  strategy: 'BatchLongest' | { Fixed: number }
  direction: 'Left' | 'Right'
  pad_to_multiple_of: number | null
  pad_id: number
  pad_type_id: number
  pad_token: string
}

/**
 * Whose ids are right for this vocabulary. It decides the Unicode version of character classes and
 * normal forms, and the defaults for special tokens.
 */
export type Reference = 'huggingface' | 'tiktoken' | 'sentencepiece'

export interface TokenizerSpec {
  /** For people: `o200k_base`, or the file it came from. */
  name: string
  reference: Reference
  normalizer: NormalizerSpec | null
  preTokenizer: PreTokenizerSpec | null
  model: ModelSpec
  postProcessor: PostProcessorSpec | null
  decoder: DecoderSpec | null
  addedTokens: AddedToken[]
  truncation: TruncationSpec | null
  padding: PaddingSpec | null
  /** Jinja source of the chat template, from tokenizer_config.json, chat_template.jinja or GGUF metadata. */
  chatTemplate: string | null
  /** Named special tokens for templates: bos_token, eos_token, unk_token, pad_token, … */
  namedTokens: Record<string, string>
}
