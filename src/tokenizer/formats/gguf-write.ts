// TokenizerSpec → the `tokenizer.*` keys of a GGUF file, from which llama.cpp makes the same ids: byte-level BPE as
// `gpt2`, BPE of characters as `llama`, Unigram as `t5`. A GGUF file names how text is cut and cannot describe
// it: a pattern that llama.cpp does not have is refused, never replaced by one that is nearly the same.
// Source: ggml-org/llama.cpp, src/llama-vocab.cpp and convert_hf_to_gguf.py.
import { utf8Decode } from '../../core/index.ts'
import type { BpeModelSpec, PostProcessorSpec, PreTokenizerSpec, TokenizerSpec } from '../spec.ts'
import type { GgufEntry } from './gguf-metadata-write.ts'
import { knownPreTokenizers, preTokenizerRule, preTokenizersOf } from './gguf-patterns.ts'
import { GPT2_PATTERN } from '../scan/index.ts'
import { invalid, unsupported } from './limits.ts'
import { canonicalPairs, mergesFromRanks } from './rank-merges.ts'
import { MODEL, PIECE, readModelProto, type SentencePieceModel } from './sentencepiece-proto.ts'
import { writeSentencePiece } from './sentencepiece-write.ts'

export interface GgufVocabOptions {
  /** Rows of the model's embedding; ids that the tokenizer does not have get placeholders. Default: as many as ids. */
  size?: number
  /** Ids that the model names, where the tokenizer has no names for them. */
  bos?: number | null
  eos?: number | null
}

export interface GgufVocab {
  entries: Record<string, GgufEntry>
  /** What the file cannot say, one sentence each: llama.cpp does without it. */
  notes: string[]
}

const PREFIX = 'tokenizer.ggml.'

interface Tokens {
  texts: string[]
  types: number[]
}

/**
 * Throws FORMAT_UNSUPPORTED for what llama.cpp has no name for (pre-tokenizers, normalizers, WordPiece and WordLevel),
 * FORMAT_INVALID for a tokenizer with more ids than `size`.
 */
export function writeGgufVocab(spec: TokenizerSpec, options: GgufVocabOptions = {}): GgufVocab {
  const notes: string[] = []
  const { model } = spec
  const byteLevel = model.type === 'BPE' && model.byteLevel
  const ids = Math.max(model.vocab.size, ...spec.addedTokens.map(({ id }) => id + 1))
  const size = options.size ?? ids
  if (ids > size) {
    throw invalid(
      `The tokenizer has ${ids} ids, the model ${size}`,
      spec.name,
      'They are of different models',
    )
  }
  const entries: Record<string, GgufEntry> = {}
  const tokens = byteLevel ? byteLevelTokens(spec, model, entries, notes) : pieceTokens(spec, size, entries)
  fill(tokens, size)
  entries[`${PREFIX}tokens`] = { texts: tokens.texts }
  entries[`${PREFIX}token_type`] = { i32s: tokens.types }
  const scores = entries[`${PREFIX}scores`]
  if (scores && 'f32s' in scores) {
    entries[`${PREFIX}scores`] = { f32s: Float32Array.from(tokens.texts, (_, id) => scores.f32s[id] ?? 0) }
  }
  specialTokens(spec, tokens, options, entries, notes)
  if (spec.addedTokens.some(({ lstrip, rstrip, single_word }) => lstrip || rstrip || single_word)) {
    notes.push('Added tokens that take spaces around them, or only count as whole words, do not in llama.cpp')
  }
  if (spec.chatTemplate !== null) entries['tokenizer.chat_template'] = { text: spec.chatTemplate }
  return { entries, notes }
}

/** Every id needs a text, and every text one id. */
function fill({ texts, types }: Tokens, size: number): void {
  const taken = new Set(texts)
  for (let id = 0; id < size; id++) {
    if (texts[id] !== undefined) continue
    let text = `[PAD${id}]`
    while (taken.has(text)) text = `[${text}]`
    taken.add(text)
    texts[id] = text
    types[id] = PIECE.unused
  }
}

function byteLevelTokens(
  spec: TokenizerSpec,
  model: BpeModelSpec,
  entries: Record<string, GgufEntry>,
  notes: string[],
): Tokens {
  const { vocab } = model
  // Hugging Face writes '' for none, too.
  if (model.continuingSubwordPrefix || model.endOfWordSuffix)
    throw unsupported('Prefixes or suffixes of subwords', spec.name)
  if (spec.normalizer?.type === 'NFC') notes.push('llama.cpp does not bring text into normal form (NFC)')
  else if (spec.normalizer) {
    throw unsupported(`The normalizer ${spec.normalizer.type}`, spec.name, 'A GGUF file has none')
  }
  entries[`${PREFIX}model`] = { text: 'gpt2' }
  entries[`${PREFIX}pre`] = { text: preTokenizerName(spec, model) }
  const texts: string[] = []
  const types: number[] = []
  for (let id = 0; id < vocab.size; id++) {
    if (!vocab.has(id)) continue
    texts[id] = vocab.stringOf(id)
    types[id] = PIECE.normal
  }
  for (const { id, content, special } of spec.addedTokens) {
    texts[id] = content
    types[id] = special ? PIECE.control : PIECE.userDefined
  }
  const merges = model.merges ?? mergesFromRanks(vocab)
  entries[`${PREFIX}merges`] = {
    texts: Array.from(
      { length: merges.length / 2 },
      (_, i) => `${vocab.stringOf(merges[2 * i]!)} ${vocab.stringOf(merges[2 * i + 1]!)}`,
    ),
  }
  return { texts, types }
}

/** llama.cpp's name for how the text is cut. */
function preTokenizerName(spec: TokenizerSpec, model: BpeModelSpec): string {
  const patterns = patternsOf(spec)
  const names = preTokenizersOf(patterns)
  const exact = names.find((name) => preTokenizerRule(name)!.ignoreMerges === model.ignoreMerges)
  if (exact !== undefined) return exact
  // Whether whole words are looked up first makes no difference where every token is what its own merges make.
  if (names.length > 0 && allReached(model)) return names[0]!
  throw unsupported(
    names.length > 0
      ? 'Tokens that merges do not reach, and that llama.cpp would not find'
      : `A cut of text that llama.cpp has no name for: ${patterns.join(' then ') || 'none'}`,
    `${spec.name} pre-tokenizer`,
    `It has the cuts of: ${knownPreTokenizers.filter((_, i) => i % 8 === 0).join(', ')}, …`,
  )
}

function allReached(model: BpeModelSpec): boolean {
  const { vocab } = model
  const pairs = canonicalPairs(model)
  for (let id = 0; id < vocab.size; id++) {
    if (vocab.has(id) && !vocab.literal.has(id) && vocab.bytesOf(id).length > 1 && pairs[2 * id]! < 0)
      return false
  }
  return true
}

/** The expressions that cut a text, one after another. Throws FORMAT_UNSUPPORTED for steps of other kinds. */
function patternsOf({ name, preTokenizer }: TokenizerSpec): string[] {
  const flat = (one: PreTokenizerSpec): PreTokenizerSpec[] =>
    one.type === 'Sequence' ? one.pretokenizers.flatMap(flat) : [one]
  const steps = preTokenizer ? flat(preTokenizer) : []
  return steps.flatMap((step) => {
    if (step.type === 'ByteLevel' && !step.add_prefix_space) return step.use_regex ? [GPT2_PATTERN] : []
    if (step.type === 'Digits' && step.individual_digits) return ['\\p{N}']
    // What a single pattern matches and what stands between are the same where it matches everything.
    const all = steps.filter(({ type }) => type === 'Split').length === 1
    if (
      step.type === 'Split' &&
      'Regex' in step.pattern &&
      (step.behavior === 'Isolated' || (step.behavior === 'Removed' && step.invert && all))
    ) {
      return [step.pattern.Regex]
    }
    throw unsupported(`The pre-tokenizer ${step.type}, in this form`, name, 'llama.cpp has no name for it')
  })
}

/** SentencePiece's own rules decide what can be said: its scores and piece types are llama.cpp's, too. */
function pieceTokens(spec: TokenizerSpec, size: number, entries: Record<string, GgufEntry>): Tokens {
  const proto: SentencePieceModel = readModelProto(writeSentencePiece(spec))
  const bpe = proto.modelType === MODEL.bpe
  if (bpe && (proto.charsMap.length > 0 || proto.removeExtraWhitespaces)) {
    throw unsupported('A normalizer before BPE of characters', spec.name, "llama.cpp's has none")
  }
  // The unknown token that SentencePiece insists on has no row in the model.
  const pieces = proto.pieces.slice(0, size)
  entries[`${PREFIX}model`] = { text: bpe ? 'llama' : 't5' }
  entries[`${PREFIX}pre`] = { text: 'default' }
  entries[`${PREFIX}scores`] = { f32s: pieces.map(({ score }) => score) }
  entries[`${PREFIX}add_space_prefix`] = { bool: proto.addDummyPrefix }
  if (!bpe) {
    entries[`${PREFIX}remove_extra_whitespaces`] = { bool: proto.removeExtraWhitespaces }
    if (proto.charsMap.length > 0) entries[`${PREFIX}precompiled_charsmap`] = { u8s: proto.charsMap }
  }
  return {
    texts: pieces.map(({ bytes }) => utf8Decode(bytes)),
    types: pieces.map(({ type }) => type),
  }
}

const NAMED: readonly [string, string][] = [
  ['bos', 'bos_token'],
  ['eos', 'eos_token'],
  ['unknown', 'unk_token'],
  ['seperator', 'sep_token'],
  ['padding', 'pad_token'],
]

function specialTokens(
  spec: TokenizerSpec,
  { texts }: Tokens,
  options: GgufVocabOptions,
  entries: Record<string, GgufEntry>,
  notes: string[],
): void {
  const ids = new Map(NAMED.map(([key, name]) => [key, texts.indexOf(spec.namedTokens[name] ?? '')]))
  const { before, after } = templateOf(spec.postProcessor)
  if (before.length > 1 || after.length > 1) {
    notes.push(
      `llama.cpp adds one token before a text and one after; here it is ${before.length} and ${after.length}`,
    )
  }
  const first = before.length > 0 ? texts.indexOf(before.at(-1)!) : -1
  const last = after.length > 0 ? texts.indexOf(after[0]!) : -1
  const orElse = (...candidates: (number | null | undefined)[]) =>
    candidates.find((id) => typeof id === 'number' && id >= 0) ?? -1
  ids.set('bos', orElse(first, ids.get('bos'), options.bos))
  ids.set('eos', orElse(last, ids.get('eos'), options.eos))
  for (const [key, id] of ids) if (id >= 0) entries[`${PREFIX}${key}_token_id`] = { u32: id }
  entries[`${PREFIX}add_bos_token`] = { bool: first >= 0 }
  entries[`${PREFIX}add_eos_token`] = { bool: last >= 0 }
  if (ids.get('eos')! < 0) notes.push('No token ends a text: llama.cpp takes one of its own choice for it')
}

/** Tokens that are put before and after a text. */
function templateOf(post: PostProcessorSpec | null): { before: string[]; after: string[] } {
  const before: string[] = []
  const after: string[] = []
  const visit = (one: PostProcessorSpec | null) => {
    if (one?.type === 'Sequence') one.processors.forEach(visit)
    else if (one?.type === 'BertProcessing' || one?.type === 'RobertaProcessing') {
      before.push(one.cls[0])
      after.push(one.sep[0])
    } else if (one?.type === 'TemplateProcessing') {
      const text = one.single.findIndex((piece) => 'Sequence' in piece)
      one.single.forEach((piece, i) => {
        if (!('SpecialToken' in piece)) return
        const { tokens } = one.special_tokens[piece.SpecialToken.id] ?? { tokens: [piece.SpecialToken.id] }
        ;(i < text ? before : after).push(...tokens)
      })
    }
  }
  visit(post)
  return { before, after }
}
