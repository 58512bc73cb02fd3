// What a token cannot do without. A BPE token is merged from others, and those from others again; with all of
// them kept, a text whose tokens are kept is encoded as before: every merge that ran inside its tokens is still
// there, and a merge that is gone never ran. Unigram and WordPiece tokens stand alone.
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import { alphabetToBytes } from '../alphabet.ts'
import { canonicalPairs, joinedIds } from '../formats/rank-merges.ts'
import { byteTokens } from '../models/byte-tokens.ts'
import { lowestScore } from '../models/unigram.ts'
import type { BpeModelSpec, ModelSpec, PostProcessorSpec, TokenizerSpec } from '../spec.ts'

/** The token and all that it is merged from, as far as they are not in `kept` yet. */
export type Needs = (id: number, kept: Uint8Array) => Set<number>

export function needsOf(model: ModelSpec): Needs {
  const partsOf = model.type === 'BPE' ? partsOfTokens(model) : () => []
  return (id, kept) => {
    const found = new Set<number>()
    const stack = [id]
    while (stack.length > 0) {
      const next = stack.pop()!
      if (kept[next] === 1 || found.has(next)) continue
      found.add(next)
      stack.push(...partsOf(next))
    }
    return found
  }
}

function partsOfTokens(model: BpeModelSpec): (id: number) => number[] {
  const { vocab, merges, continuingSubwordPrefix: prefix, endOfWordSuffix: suffix } = model
  const pairs = prefix === null && suffix === null ? canonicalPairs(model) : null
  /** By token the merges that make it: taken where no canonical pair is known. */
  const makers = new Map<number, number[]>()
  if (merges) {
    const made = joinedIds(vocab, merges, bytesIn(model, prefix ?? ''))
    made.forEach((id, n) => {
      if (pairs && pairs[2 * id]! >= 0) return
      makers.set(id, [...(makers.get(id) ?? []), merges[2 * n]!, merges[2 * n + 1]!])
    })
  }
  return (id) =>
    pairs && id < vocab.size && pairs[2 * id]! >= 0
      ? [pairs[2 * id]!, pairs[2 * id + 1]!]
      : (makers.get(id) ?? [])
}

export function bytesIn({ vocab }: BpeModelSpec, text: string): number {
  return ((vocab.alphabet === 'bytes' && alphabetToBytes(text)) || utf8Encode(text)).length
}

/**
 * Tokens that stay whether they are used or not: added tokens, those of templates and padding, the unknown token,
 * bytes, and, unless bytes stand in for all of them, single characters. With these no text that could be written
 * becomes unknown.
 */
export function indispensable(spec: TokenizerSpec): Set<number> {
  const { model } = spec
  const { vocab } = model
  const ids = new Set([...spec.addedTokens.map(({ id }) => id), ...templateIds(spec.postProcessor)])
  if (spec.padding) ids.add(spec.padding.pad_id)
  for (const token of Object.values(spec.namedTokens)) add(ids, vocab.idOfString(token))
  let bytesCover = false
  if ('byteFallback' in model && model.byteFallback) {
    const bytes = byteTokens(vocab)
    for (const id of bytes) add(ids, id)
    bytesCover = bytes.every((id) => id >= 0)
  }
  if (model.type === 'Unigram') {
    if (model.unkId !== null) ids.add(model.unkId)
    // Unknown characters cost the lowest score and ten: it must not rise.
    const lowest = model.scores.indexOf(lowestScore(model))
    if (vocab.has(lowest)) ids.add(lowest)
    // Text that spells a byte token must have another way.
    if (model.byteFallback)
      for (const character of '<0x123456789ABCDEF>') add(ids, vocab.idOfString(character))
  } else if (model.unkToken !== null) add(ids, vocab.idOfString(model.unkToken))
  if (!bytesCover) for (let id = 0; id < vocab.size; id++) if (isSymbol(model, id)) ids.add(id)
  return ids
}

/** One byte of a byte-level vocabulary, or one character with the marks that it can carry. */
function isSymbol(model: ModelSpec, id: number): boolean {
  const { vocab } = model
  if (!vocab.has(id)) return false
  const length = vocab.offsets[id + 1]! - vocab.offsets[id]!
  if (vocab.alphabet === 'bytes') return length === 1
  let text = utf8Decode(vocab.bytesOf(id))
  if (model.type === 'BPE' || model.type === 'WordPiece') {
    const prefix = model.continuingSubwordPrefix ?? ''
    if (prefix !== '' && text.length > prefix.length && text.startsWith(prefix))
      text = text.slice(prefix.length)
  }
  if (model.type === 'BPE') {
    const suffix = model.endOfWordSuffix ?? ''
    if (suffix !== '' && text.length > suffix.length && text.endsWith(suffix))
      text = text.slice(0, -suffix.length)
  }
  return text.length > 0 && text.length === (text.codePointAt(0)! > 0xffff ? 2 : 1)
}

function add(ids: Set<number>, id: number): void {
  if (id >= 0) ids.add(id)
}

function templateIds(spec: PostProcessorSpec | null): number[] {
  switch (spec?.type) {
    case 'Sequence':
      return spec.processors.flatMap(templateIds)
    case 'BertProcessing':
    case 'RobertaProcessing':
      return [spec.sep[1], spec.cls[1]]
    case 'TemplateProcessing':
      return Object.values(spec.special_tokens).flatMap(({ ids }) => ids)
    default:
      return []
  }
}
