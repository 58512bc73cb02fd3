// Adding tokens to a vocabulary so that text reaches them, without moving an id. A token that is only put into a
// BPE vocabulary is never used: merges must lead to it. They go behind all merges that are there, so every text is
// first encoded as before, and then the new merges join what they can. (An "added token" in the sense of
// tokenizer.json needs no merges, but is cut out of the text before anything else: `don` in `donut` too.)
import { TesseraError } from '../../core/index.ts'
import { aligned } from '../aligned.ts'
import { alphabetToBytes } from '../alphabet.ts'
import { compileModel } from '../models/compile.ts'
import { compileNormalizer } from '../normalize/index.ts'
import { compilePreTokenizer, needsSource } from '../pretokenize/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { Tokenizer } from '../types.ts'
import { GrowingMerges } from './growing-merges.ts'
import { withTokens } from './grown-spec.ts'
import { PieceScores } from './unigram-score.ts'

export interface ExtendOptions {
  /**
   * What the tokens are given as: `text` (default), put through the normalizer and the pre-tokenizer (` word` with a
   * space where words carry theirs); or `token`, as tokenizer.json writes them (`Ġword`, `▁word`, `##ing`).
   */
  form?: 'text' | 'token'
  /** Name of the result. Default: the tokenizer's. */
  name?: string
}

export interface AddedEntry {
  /** As it was given, and as tokenizer.json writes it. */
  given: string
  token: string
  id: number
  /** The old ids of its text: where a model's new row may start from, such as their mean. */
  parts: number[]
}

export interface ExtendReport {
  added: AddedEntry[]
  /** Tokens that merges go through on their way, and characters that had no token; they have ids too. */
  between: { token: string; id: number; parts: number[] }[]
  /** Tokens that text reached before. */
  existing: string[]
  /** Tokens that no text can reach, and why. */
  refused: { given: string; reason: string }[]
  /** Number of ids: before, after. */
  vocabSize: [number, number]
}

export interface Extended {
  spec: TokenizerSpec
  report: ExtendReport
}

const MOST_TOKENS = 1_000_000
const LONGEST = 1000

/** Throws ARGUMENT_INVALID for a list that is no list of strings, or options that are none. */
export function extendVocabulary(
  tokenizer: Tokenizer,
  tokens: readonly string[],
  options: ExtendOptions = {},
): Extended {
  const { spec } = tokenizer
  const { form = 'text' } = options
  if (form !== 'text' && form !== 'token') {
    throw new TesseraError('ARGUMENT_INVALID', `form is ${JSON.stringify(form)}`, {
      where: 'form',
      hint: 'Give "text" or "token"',
    })
  }
  if (tokens.length > MOST_TOKENS) {
    throw new TesseraError('ARGUMENT_INVALID', `${tokens.length} tokens; at most ${MOST_TOKENS}`, {
      where: 'tokens',
    })
  }
  tokens.forEach((token, i) => {
    if (typeof token === 'string' && token !== '') return
    throw new TesseraError('ARGUMENT_INVALID', 'A token is a string that is not empty', {
      where: `tokens[${i}]`,
    })
  })
  const report: ExtendReport = {
    added: [],
    between: [],
    existing: [],
    refused: [],
    vocabSize: [tokenizer.vocabSize, tokenizer.vocabSize],
  }
  const old = compileModel(spec.model, spec.reference)
  const partsOf = (piece: string): number[] => {
    const ids: number[] = []
    try {
      old.encodePiece(piece, (id) => ids.push(id))
    } catch (error) {
      // A character that the old vocabulary could not write at all: nothing to start from.
      if (!(error instanceof TesseraError && error.code === 'TEXT_NOT_REPRESENTABLE')) throw error
    }
    return ids
  }
  const wanted = new Map<string, string>()
  const pieceOf = piecesOf(spec, form)
  for (const given of new Set(tokens)) {
    const piece = pieceOf(given)
    if ('reason' in piece) report.refused.push({ given, reason: piece.reason })
    else if (!wanted.has(piece.text)) wanted.set(piece.text, given)
  }
  // Short ones first: long ones may be made of them.
  const inOrder = [...wanted].sort(([a], [b]) => a.length - b.length)
  const grow = growerOf(spec, tokenizer.vocabSize)
  const asked = new Map<number, AddedEntry>()
  for (const [piece, given] of inOrder) {
    const outcome = grow.add(piece)
    if (typeof outcome === 'string') report.refused.push({ given, reason: outcome })
    else if (outcome < tokenizer.vocabSize) report.existing.push(given)
    else asked.set(outcome, { given, token: '', id: outcome, parts: partsOf(grow.pieceOf(piece)) })
  }
  const names = grow.tokens()
  names.forEach((token, n) => {
    const id = tokenizer.vocabSize + n
    const entry = asked.get(id)
    if (entry) report.added.push({ ...entry, token })
    else report.between.push({ token, id, parts: partsOf(grow.pieceOf(token)) })
  })
  report.vocabSize[1] += names.length
  return { spec: { ...grow.spec(), name: options.name ?? spec.name }, report }
}

/** The piece that the model would see of a text, or why there is none. */
function piecesOf(spec: TokenizerSpec, form: 'text' | 'token') {
  const byteLevel = spec.model.vocab.alphabet === 'bytes'
  const checked = (text: string): { text: string } | { reason: string } => {
    if (text.length > LONGEST) return { reason: `longer than ${LONGEST} characters` }
    if (byteLevel && alphabetToBytes(text) === null)
      return { reason: 'not written in the alphabet of byte-level tokens' }
    return { text }
  }
  if (form === 'token') {
    const { model } = spec
    const marked = model.type === 'BPE' && (model.continuingSubwordPrefix ?? model.endOfWordSuffix) !== null
    return (text: string) =>
      marked ? { reason: 'tokens of BPE with prefixes or suffixes are given as text' } : checked(text)
  }
  const normalize = compileNormalizer(spec.normalizer, spec.reference)
  const cut = compilePreTokenizer(spec.preTokenizer, spec.reference)
  const tracked = needsSource(spec.preTokenizer)
  return (given: string): { text: string } | { reason: string } => {
    const pieces = cut([normalize(aligned(given.toWellFormed(), tracked))])
    if (pieces.length === 1) return checked(pieces[0]!.text)
    return {
      reason:
        pieces.length === 0
          ? 'the pre-tokenizer leaves nothing of it'
          : `the pre-tokenizer cuts it into ${pieces.map((piece) => JSON.stringify(piece.text)).join(', ')}`,
    }
  }
}

interface Grower {
  /** The id that the piece now has, or why it cannot have one. */
  add(piece: string): number | string
  /** New tokens in the order of their ids. */
  tokens(): readonly string[]
  /** The piece that a new token is of: without the marks of its place. */
  pieceOf(token: string): string
  spec(): TokenizerSpec
}

function growerOf(spec: TokenizerSpec, firstNew: number): Grower {
  const { model } = spec
  const special = new Set(spec.addedTokens.map(({ id }) => id))
  const names = new Set(spec.addedTokens.map(({ content }) => content))
  if (model.type === 'BPE' && model.merges !== null && !model.ignoreMerges) {
    const merges = new GrowingMerges(model, firstNew, special)
    return {
      add(piece) {
        if (names.has(piece)) return 'it is an added token'
        const [id, ...more] = merges.encode(piece)
        if (
          id !== undefined &&
          more.length === 0 &&
          merges.stringOf(id) === piece + (model.endOfWordSuffix ?? '')
        )
          return id
        const made = merges.makeOne(piece)
        return made < 0 ? 'the merges to it spell a special token' : made
      },
      tokens: () => merges.tokens,
      pieceOf: (token) => bare(token, model.continuingSubwordPrefix, model.endOfWordSuffix),
      spec: () => withTokens(spec, firstNew, merges.tokens, { merges: merges.merges }),
    }
  }
  const added: string[] = []
  const ids = new Map<string, number>()
  const scores: number[] = []
  const unigram = model.type === 'Unigram' ? new PieceScores(model) : null
  return {
    add(piece) {
      if (names.has(piece)) return 'it is an added token'
      const known = ids.get(piece) ?? model.vocab.idOfString(piece)
      if (known >= 0) return known
      if (model.type === 'WordPiece' && Array.from(piece).length > model.maxInputCharsPerWord)
        return `longer than ${model.maxInputCharsPerWord} characters, the model's longest word`
      const id = firstNew + added.length
      if (unigram) scores.push(unigram.add(piece))
      added.push(piece)
      ids.set(piece, id)
      return id
    },
    tokens: () => added,
    pieceOf: (token) => token,
    spec: () => withTokens(spec, firstNew, added, { scores }),
  }
}

function bare(token: string, prefix: string | null, suffix: string | null): string {
  let text = token
  if (prefix && text.startsWith(prefix)) text = text.slice(prefix.length)
  if (suffix && text.endsWith(suffix)) text = text.slice(0, -suffix.length)
  return text
}
