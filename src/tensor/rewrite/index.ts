// Rewriting before a graph is compiled: equal nodes become one, what changes nothing disappears, and chains
// that the runtime has one operator for become that operator. Callers write plain operations and never choose
// a fused form themselves.
import { nodesOf } from '../grad.ts'
import { type GraphNode, makeNode, type Tensor } from '../tensor.ts'
import { fuse } from './fuse.ts'
import { simplify } from './simplify.ts'
import { skipNorms } from './skip-norm.ts'

/** What a rule sees of the graph around a node. */
export interface Context {
  /** How many inputs (and outputs of the program) use a tensor. */
  uses(tensor: Tensor): number
  /** Whoever comes later in the graph and takes in `tensor` gets `by` in its place. */
  replace(tensor: Tensor, by: Tensor): void
}

/**
 * The outputs in place of a node's, or null when the rule does not apply. `node` is on rewritten inputs, `original`
 * is what it was in the graph that is walked.
 */
export type Rule = (node: GraphNode, context: Context, original: GraphNode) => readonly Tensor[] | null

/** The same values, from a graph that costs less. */
export function rewrite(outputs: readonly Tensor[]): readonly Tensor[] {
  const fused = pass(pass(outputs, simplify), fuse)
  const skips = skipNorms(nodesOf(fused))
  // The last walk also joins what the rules have made twice.
  return pass(
    fused,
    (node, context, original) => skips.get(original)?.(node) ?? simplify(node, context, original),
  )
}

/** One walk from the inputs on: each node is rebuilt on rewritten inputs, then offered to the rule. */
function pass(outputs: readonly Tensor[], rule: Rule): readonly Tensor[] {
  const nodes = nodesOf(outputs)
  const replaced = new Map<Tensor, Tensor>()
  const counts = new Map<Tensor, number>()
  const count = (tensor: Tensor) => counts.set(tensor, (counts.get(tensor) ?? 0) + 1)
  for (const node of nodes) for (const x of node.inputs) if (x) count(x)
  for (const output of outputs) count(output)
  const same = new Map<string, GraphNode>()
  // A rebuilt tensor is used wherever the one it stands for was.
  const origin = new Map<Tensor, Tensor>()
  const context: Context = {
    uses: (tensor) => counts.get(origin.get(tensor) ?? tensor) ?? 0,
    replace: (tensor, by) => replaced.set(origin.get(tensor) ?? tensor, by),
  }
  for (const node of nodes) {
    const inputs = node.inputs.map((x) => x && (replaced.get(x) ?? x))
    const rebuilt = inputs.every((x, i) => x === node.inputs[i]) ? node : rebuild(node, inputs)
    for (const [i, tensor] of node.outputs.entries()) origin.set(rebuilt.outputs[i]!, tensor)
    const key = keyOf(rebuilt)
    const known = key === null ? undefined : same.get(key)
    const results = known ? known.outputs : (rule(rebuilt, context, node) ?? rebuilt.outputs)
    if (key !== null && !known) same.set(key, rebuilt)
    for (const [i, tensor] of node.outputs.entries()) {
      const result = known ? (replacedBy.get(known.outputs[i]!) ?? known.outputs[i]!) : results[i]!
      replaced.set(tensor, result)
      replacedBy.set(rebuilt.outputs[i]!, result)
      if (!origin.has(result)) origin.set(result, tensor)
    }
  }
  return outputs.map((tensor) => replaced.get(tensor)!)
}

/** What a rule made of a rebuilt node, for equal nodes that come later. */
const replacedBy = new WeakMap<Tensor, Tensor>()

function rebuild(node: GraphNode, inputs: readonly (Tensor | null)[]): GraphNode {
  const { op, domain, attributes, sizes, outputs } = node
  return makeNode(op, inputs, outputs, { domain, attributes: { ...attributes }, sizes })[0]!.node
}

const ids = new WeakMap<Tensor, number>()
let lastId = 0

function idOf(tensor: Tensor | null): string {
  if (!tensor) return ''
  let id = ids.get(tensor)
  if (id === undefined) ids.set(tensor, (id = ++lastId))
  return String(id)
}

/** Equal keys, equal values; null for nodes that are never merged. */
function keyOf(node: GraphNode): string | null {
  if (node.op === 'Input') return null
  if (node.op === 'Constant') {
    const { dtype, shape } = node.outputs[0]!
    const { data } = node
    return !data || data.length > 16 ? null : `Constant ${dtype} [${shape}] ${[...data]}`
  }
  const { op, domain, attributes, sizes } = node
  return `${domain}.${op}(${node.inputs.map(idOf)}) ${JSON.stringify(attributes)} ${JSON.stringify(sizes)}`
}
