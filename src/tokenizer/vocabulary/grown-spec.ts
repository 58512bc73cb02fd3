// A specification with tokens added behind all others: no id that was there moves.
import { utf8Encode } from '../../core/index.ts'
import { alphabetToBytes } from '../alphabet.ts'
import type { ModelSpec, TokenizerSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'

/** Tokens (as tokenizer.json writes them) get the ids `firstNew`, `firstNew + 1`, …; `scores` for Unigram. */
export function withTokens(
  spec: TokenizerSpec,
  firstNew: number,
  tokens: readonly string[],
  more: { merges?: readonly number[]; scores?: readonly number[] },
): TokenizerSpec {
  const { model } = spec
  const vocab = grown(model.vocab, firstNew, tokens)
  return { ...spec, model: grownModel(model, vocab, firstNew, more) }
}

function grown(vocab: Vocab, firstNew: number, tokens: readonly string[]): Vocab {
  const parts = Array.from({ length: firstNew }, (_, id) =>
    id < vocab.size ? vocab.bytesOf(id) : new Uint8Array(0),
  )
  for (const token of tokens)
    parts.push(vocab.alphabet === 'bytes' ? alphabetToBytes(token)! : utf8Encode(token))
  return Vocab.fromBytes(parts, vocab.alphabet, vocab.literal)
}

function grownModel(
  model: ModelSpec,
  vocab: Vocab,
  firstNew: number,
  { merges = [], scores = [] }: { merges?: readonly number[]; scores?: readonly number[] },
): ModelSpec {
  switch (model.type) {
    case 'BPE': {
      if (model.merges === null) return { ...model, vocab }
      const all = new Uint32Array(model.merges.length + merges.length)
      all.set(model.merges)
      all.set(merges, model.merges.length)
      return { ...model, vocab, merges: all }
    }
    case 'Unigram': {
      const all = new Float64Array(vocab.size)
      all.set(model.scores)
      all.set(scores, firstNew)
      return { ...model, vocab, scores: all }
    }
    default:
      return { ...model, vocab }
  }
}
