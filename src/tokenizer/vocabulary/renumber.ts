// A specification with fewer tokens: what is dropped leaves a hole, or the ids behind it move up. Everything that
// names an id (merges, scores, added tokens, templates, padding) follows.
import type {
  AddedToken,
  BpeModelSpec,
  ModelSpec,
  PostProcessorSpec,
  TokenizerSpec,
  UnigramModelSpec,
} from '../spec.ts'
import { joinedIds } from '../formats/rank-merges.ts'
import { Vocab } from '../vocab.ts'
import { bytesIn } from './needs.ts'

/** `[old size]` new id of each old id, or -1 for what is dropped. Ids keep their order, so ranks do too. */
export function newIds(kept: Uint8Array, ids: 'stable' | 'compact'): Int32Array {
  let next = 0
  return Int32Array.from(kept, (keep, id) => (keep === 0 ? -1 : ids === 'stable' ? id : next++))
}

/** `map` from `newIds`; every id that the specification names outside of its vocabulary must be kept. */
export function renumbered(spec: TokenizerSpec, map: Int32Array): TokenizerSpec {
  return {
    ...spec,
    model: renumberedModel(spec.model, map),
    postProcessor: spec.postProcessor && renumberedTemplate(spec.postProcessor, map),
    addedTokens: spec.addedTokens.map((token): AddedToken => ({ ...token, id: map[token.id]! })),
    padding: spec.padding && {
      ...spec.padding,
      // A padding id may lie outside of the vocabulary.
      pad_id: map[spec.padding.pad_id] ?? spec.padding.pad_id,
    },
  }
}

function renumberedModel(model: ModelSpec, map: Int32Array): ModelSpec {
  const vocab = renumberedVocab(model.vocab, map)
  switch (model.type) {
    case 'BPE':
      return { ...model, vocab, merges: renumberedMerges(model, map) }
    case 'Unigram':
      return {
        ...model,
        vocab,
        scores: renumberedScores(model, map, vocab.size),
        unkId: model.unkId === null ? null : map[model.unkId]!,
      }
    default:
      return { ...model, vocab }
  }
}

function renumberedVocab(vocab: Vocab, map: Int32Array): Vocab {
  const parts: Uint8Array[] = []
  const literal = new Set<number>()
  for (let id = 0; id < vocab.size; id++) {
    const to = map[id]!
    if (to < 0) continue
    while (parts.length < to) parts.push(new Uint8Array(0))
    parts[to] = vocab.bytesOf(id)
    if (vocab.literal.has(id)) literal.add(to)
  }
  return Vocab.fromBytes(parts, vocab.alphabet, literal)
}

function renumberedMerges(model: BpeModelSpec, map: Int32Array): Uint32Array | null {
  const { merges } = model
  if (merges === null) return null
  const made = joinedIds(model.vocab, merges, bytesIn(model, model.continuingSubwordPrefix ?? ''))
  const out: number[] = []
  made.forEach((id, n) => {
    const left = map[merges[2 * n]!]!
    const right = map[merges[2 * n + 1]!]!
    if (left >= 0 && right >= 0 && id >= 0 && map[id]! >= 0) out.push(left, right)
  })
  return Uint32Array.from(out)
}

function renumberedScores({ scores }: UnigramModelSpec, map: Int32Array, size: number): Float64Array {
  const out = new Float64Array(size)
  for (let id = 0; id < scores.length; id++) if (map[id]! >= 0) out[map[id]!] = scores[id]!
  return out
}

function renumberedTemplate(spec: PostProcessorSpec, map: Int32Array): PostProcessorSpec {
  const moved = ([token, id]: [string, number]): [string, number] => [token, map[id]!]
  switch (spec.type) {
    case 'Sequence':
      return { ...spec, processors: spec.processors.map((inner) => renumberedTemplate(inner, map)) }
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { ...spec, sep: moved(spec.sep), cls: moved(spec.cls) }
    case 'TemplateProcessing':
      return {
        ...spec,
        special_tokens: Object.fromEntries(
          Object.entries(spec.special_tokens).map(([name, token]) => [
            name,
            { ...token, ids: token.ids.map((id) => map[id]!) },
          ]),
        ),
      }
    default:
      return spec
  }
}
