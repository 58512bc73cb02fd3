// A graph as text for people, one line for each node: what it is called, type and shape, operator, inputs.
import { type Shape, shapeText, sizeOf } from '../dim.ts'
import { nodesOf } from '../grad.ts'
import type { Attribute, GraphNode, Tensor } from '../tensor.ts'

function attributeText(value: Attribute): string {
  if (typeof value === 'object' && 'float' in value) return String(value.float)
  return JSON.stringify(value)
}

/** The shape, with the numbers behind its names where they are known. */
function sized(shape: Shape, sizes: ReadonlyMap<string, number>): Shape {
  return shape.map((dim) => sizeOf(dim, sizes) ?? dim)
}

/**
 * `outputs` by name. With `sizes`, named dimensions are written as numbers. Inputs and outputs go by their names,
 * everything else by numbers.
 */
export function graphText(
  outputs: ReadonlyMap<string, Tensor>,
  sizes: ReadonlyMap<string, number> = new Map(),
): string {
  const names = new Map<Tensor, string>()
  for (const [name, tensor] of outputs) if (!names.has(tensor)) names.set(tensor, name)
  const nameOf = (tensor: Tensor) => {
    let name = names.get(tensor)
    if (name === undefined) names.set(tensor, (name = tensor.node.name ?? `%${names.size}`))
    return name
  }
  const valueText = (tensor: Tensor) =>
    `${nameOf(tensor)}: ${tensor.dtype}${shapeText(sized(tensor.shape, sizes))}`
  const lineOf = (node: GraphNode) => {
    const made = node.outputs.map(valueText).join(', ')
    const data = node.data
    if (node.op === 'Constant')
      return `${made} = Constant ${data && data.length <= 4 ? [...data].join(' ') : '…'}`
    if (node.op === 'Input') return `${made} = Input`
    const inputs = node.inputs.map((x) => (x ? nameOf(x) : '–'))
    const wanted = node.sizes.map((dims) => shapeText(sized(dims, sizes)))
    const attributes = Object.entries(node.attributes).map(
      ([name, value]) => `${name}=${attributeText(value)}`,
    )
    return `${made} = ${node.op}(${[...inputs, ...wanted].join(', ')})${attributes.length > 0 ? ` ${attributes.join(' ')}` : ''}`
  }
  return nodesOf([...outputs.values()])
    .map(lineOf)
    .join('\n')
}
