// A trie over token bytes in flat arrays: finds all tokens that start at a position of a text by walking
// its bytes once. Nodes are numbered level by level, so the children of a node are neighbours.
import type { Vocab } from '../vocab.ts'

export class ByteTrie {
  /** `[nodes + 1]`: children of node n are `firstChild[n] .. firstChild[n + 1]`, in order of their bytes. */
  private readonly firstChild: Int32Array
  /** `[nodes]` the byte that leads to the node. */
  private readonly labels: Uint8Array
  /** `[nodes]` id of the token that ends at the node, or -1. */
  readonly ids: Int32Array
  /** Children of the root by byte, 0 = none (the root is nobody's child). */
  private readonly roots = new Int32Array(256)

  /** All tokens of a vocabulary; of two ids with the same bytes the later wins, as in the reference. */
  constructor(vocab: Vocab) {
    const { bytes, offsets } = vocab
    const order = sortedIds(vocab)
    // Each level is a list of groups: ranges of `order` whose tokens share the bytes read so far.
    const starts: number[] = [0]
    const ends: number[] = [order.length]
    const labels: number[] = [0]
    const ids: number[] = []
    const firstChild: number[] = []
    const depths: number[] = [0]
    for (let node = 0; node < starts.length; node++) {
      const depth = depths[node]!
      let at = starts[node]!
      const end = ends[node]!
      firstChild.push(starts.length)
      let id = -1
      while (at < end && depth === offsets[order[at]! + 1]! - offsets[order[at]!]!) id = order[at++]!
      ids.push(depth === 0 ? -1 : id)
      while (at < end) {
        const label = bytes[offsets[order[at]!]! + depth]!
        let stop = at + 1
        while (stop < end && bytes[offsets[order[stop]!]! + depth] === label) stop++
        starts.push(at)
        ends.push(stop)
        labels.push(label)
        depths.push(depth + 1)
        at = stop
      }
    }
    firstChild.push(starts.length)
    this.firstChild = Int32Array.from(firstChild)
    this.labels = Uint8Array.from(labels)
    this.ids = Int32Array.from(ids)
    for (let child = firstChild[0]!; child < firstChild[1]!; child++) this.roots[labels[child]!] = child
  }

  /** Node reached from `node` by a byte, or 0. The root is node 0. */
  next(node: number, byte: number): number {
    if (node === 0) return this.roots[byte]!
    const { firstChild, labels } = this
    let low = firstChild[node]!
    let high = firstChild[node + 1]!
    while (low < high) {
      const middle = (low + high) >> 1
      const label = labels[middle]!
      if (label === byte) return middle
      if (label < byte) low = middle + 1
      else high = middle
    }
    return 0
  }

  /** Id of the token with exactly these bytes, or -1. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    let node = 0
    for (let i = start; i < end; i++) {
      node = this.next(node, bytes[i]!)
      if (node === 0) return -1
    }
    return this.ids[node]!
  }
}

/** Ids with a token, ordered by their bytes, then by id. */
function sortedIds(vocab: Vocab): Int32Array {
  const { bytes, offsets } = vocab
  const ids: number[] = []
  for (let id = 0; id < vocab.size; id++) if (vocab.has(id)) ids.push(id)
  // The first six bytes as one number decide nearly every comparison.
  const heads = new Float64Array(vocab.size)
  for (const id of ids) {
    let head = 0
    const start = offsets[id]!
    const end = offsets[id + 1]!
    for (let i = 0; i < 6; i++) head = head * 256 + (start + i < end ? bytes[start + i]! : 0)
    heads[id] = head
  }
  return Int32Array.from(ids).sort((a, b) => {
    const byHead = heads[a]! - heads[b]!
    if (byHead !== 0) return byHead
    const aEnd = offsets[a + 1]!
    const bEnd = offsets[b + 1]!
    let i = offsets[a]!
    let j = offsets[b]!
    for (; i < aEnd && j < bEnd; i++, j++) if (bytes[i] !== bytes[j]) return bytes[i]! - bytes[j]!
    return aEnd - i - (bEnd - j) || a - b
  })
}
