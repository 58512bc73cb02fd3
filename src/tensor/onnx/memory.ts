// What a graph needs in memory, from its shapes alone: constants, and the most that is alive at once while it runs.
// The runtime packs weights for its processor and rounds sizes up, so real use is somewhat higher.
import { elements, sizeOf, termsOf } from '../dim.ts'
import { nodesOf } from '../grad.ts'
import { bytesOf, type Tensor } from '../tensor.ts'

export interface GraphMemory {
  /** Bytes of constants, external ones included. */
  constants: number
  /** Bytes of what is fed. */
  inputs: number
  /** Bytes of outputs. */
  outputs: number
  /** The most bytes of results that are alive at once, outputs included; inputs and constants not. */
  peak: number
}

/** Results that are other names of their input. */
const ALIASES = new Set(['Reshape', 'StopGradient', 'WithGradient'])

/** `sizes`: of named dimensions; one that is not given counts as 1. */
export function graphMemory(outputs: readonly Tensor[], sizes: ReadonlyMap<string, number>): GraphMemory {
  const bytes = ({ dtype, shape }: Tensor) => {
    const count = elements(shape)
    const open = termsOf(count).flatMap(([, names]) => names.filter((name) => !sizes.has(name)))
    const known = open.length === 0 ? sizes : new Map([...sizes, ...open.map((name) => [name, 1] as const)])
    return sizeOf(count, known)! * bytesOf(dtype)
  }
  const nodes = nodesOf(outputs)
  const owner = new Map<Tensor, Tensor>()
  const ownerOf = (tensor: Tensor) => owner.get(tensor) ?? tensor
  const lastUse = new Map<Tensor, number>()
  for (const [i, node] of nodes.entries()) {
    if (ALIASES.has(node.op)) owner.set(node.outputs[0]!, ownerOf(node.inputs[0]!))
    for (const x of node.inputs) if (x) lastUse.set(ownerOf(x), i)
  }
  for (const output of outputs) lastUse.set(ownerOf(output), Infinity)
  const ends = new Map<number, Tensor[]>()
  for (const [tensor, at] of lastUse) ends.set(at, [...(ends.get(at) ?? []), tensor])
  const memory: GraphMemory = { constants: 0, inputs: 0, outputs: 0, peak: 0 }
  for (const output of new Set(outputs)) memory.outputs += bytes(output)
  let alive = 0
  const held = new Set<Tensor>()
  for (const [i, node] of nodes.entries()) {
    if (node.op === 'Constant') memory.constants += bytes(node.outputs[0]!)
    else if (node.op === 'Input') memory.inputs += bytes(node.outputs[0]!)
    else if (!ALIASES.has(node.op)) {
      for (const tensor of node.outputs) {
        if (!lastUse.has(tensor)) continue
        alive += bytes(tensor)
        held.add(tensor)
      }
    }
    memory.peak = Math.max(memory.peak, alive)
    for (const tensor of ends.get(i) ?? []) if (held.delete(tensor)) alive -= bytes(tensor)
  }
  return memory
}
