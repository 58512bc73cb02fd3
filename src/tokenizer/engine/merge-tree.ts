// How the merges built a piece, for people who want to look: the merge loop in its plainest form, keeping
// a node for every step.
import { TesseraError } from '../../core/index.ts'
import { mergeRules, NO_MERGE } from '../bpe/merge-rules.ts'
import { Merger } from '../bpe/merge.ts'
import { byteIds, byteSymbols, characterSymbols } from '../bpe/symbols.ts'
import type { BpeModelSpec } from '../spec.ts'
import type { MergeNode } from '../types.ts'

/** Longest piece, in bytes, that is drawn as a tree. */
const MAX_BYTES = 4096

interface Placed {
  node: MergeNode
  start: number
  end: number
}

/** The merge trees of the tokens of one piece (`bytes` in the model's alphabet). Throws ARGUMENT_INVALID. */
export function mergeTreeOf(model: BpeModelSpec, bytes: Uint8Array): MergeNode[] {
  if (bytes.length > MAX_BYTES) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `A piece of ${bytes.length} bytes is too long for a merge tree`,
      {
        hint: `Ask for a piece of at most ${MAX_BYTES} bytes`,
      },
    )
  }
  const { vocab } = model
  const rules = mergeRules(model)
  const symbols = new Merger(rules)
  const symbolize = model.byteLevel ? byteSymbols(byteIds(vocab)) : characterSymbols(model)
  symbolize(bytes, 0, bytes.length, symbols)
  const nodeOf = (id: number, start: number, end: number, rank: number | null): MergeNode => ({
    id,
    token: vocab.stringOf(id),
    bytes: bytes.slice(start, end),
    rank,
    children: null,
  })
  let row: Placed[] = []
  for (let i = 0; i < symbols.count; i++) {
    const start = symbols.starts[i]!
    const end = symbols.starts[i + 1]!
    row.push({ node: nodeOf(symbols.ids[i]!, start, end, null), start, end })
  }
  for (;;) {
    let best = NO_MERGE
    let at = -1
    for (let i = 0; i + 1 < row.length; i++) {
      const a = row[i]!
      const b = row[i + 1]!
      const rank = rules.rank(a.node.id, b.node.id, bytes, a.start, b.end)
      if (rank < best) {
        best = rank
        at = i
      }
    }
    if (at < 0) break
    const a = row[at]!
    const b = row[at + 1]!
    const node = nodeOf(rules.result(best), a.start, b.end, best)
    node.children = [a.node, b.node]
    row = [...row.slice(0, at), { node, start: a.start, end: b.end }, ...row.slice(at + 2)]
  }
  const whole = model.ignoreMerges && row.length > 1 ? vocab.idOf(bytes) : -1
  if (whole >= 0) return [nodeOf(whole, 0, bytes.length, null)]
  return row.map((placed) => placed.node)
}
