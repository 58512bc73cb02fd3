// A graph as the bytes of an ONNX model (onnx.proto, IR version 10, opset 21 and com.microsoft 1). Named
// dimensions become dim_param of the inputs; sizes that a node needs while the graph runs are read off an
// input that has the dimension, by Shape and Gather.
import { TesseraError } from '../../core/index.ts'
import { type Dim, type Shape, termsOf } from '../dim.ts'
import { nodesOf } from '../grad.ts'
import { ONNX_TYPES } from '../ops/elementwise.ts'
import {
  type Attribute,
  bytesOf,
  type DType,
  type ExternalData,
  type GraphNode,
  type Tensor,
} from '../tensor.ts'
import { ProtoWriter } from './protobuf.ts'

export interface OnnxModel {
  bytes: Uint8Array
  /** Names of the outputs, in the order of the given tensors. */
  outputs: readonly string[]
  /** Number of operators, for those who look at the graph. */
  nodes: number
  /** Their types, in the order in which they run. */
  operators: readonly string[]
}

interface Emitted {
  op: string
  domain: string
  inputs: string[]
  outputs: string[]
  attributes: Readonly<Record<string, Attribute>>
}

/** Throws DIM_UNKNOWN when a size is asked for that no input has. */
export function onnxModel(outputs: readonly (readonly [name: string, tensor: Tensor])[]): OnnxModel {
  const emitter = new Emitter(nodesOf(outputs.map(([, tensor]) => tensor)), outputs)
  return emitter.model(outputs)
}

/** Operators that need not make each of their outputs; those are left out that nobody uses. */
const OPTIONAL_OUTPUTS = new Set(['SkipSimplifiedLayerNormalization'])

class Emitter {
  private readonly nodes: readonly GraphNode[]
  private readonly inputs: Tensor[] = []
  private readonly names = new Map<Tensor, string>()
  private readonly emitted: Emitted[] = []
  private readonly initializers: {
    name: string
    dtype: DType
    shape: readonly number[]
    data: Uint8Array | ExternalData
  }[] = []
  /** Where a named dimension can be read. */
  private readonly places = new Map<string, { input: string; axis: number }>()
  /** Names of int64 [1] tensors with the size of a dimension. */
  private readonly sizes = new Map<Dim, string>()
  private readonly shapes = new Map<string, string>()
  private readonly lists = new Map<string, string>()
  /** Tensors that others take in or that are outputs. */
  private readonly used: ReadonlySet<Tensor | null>
  /** Outputs that are called by their own name where they are made. */
  private readonly claimed = new Map<Tensor, string>()
  private counter = 0

  constructor(nodes: readonly GraphNode[], outputs: readonly (readonly [string, Tensor])[]) {
    this.nodes = nodes
    for (const [name, tensor] of outputs) if (!this.claimed.has(tensor)) this.claimed.set(tensor, name)
    this.used = new Set([...nodes.flatMap((node) => node.inputs), ...this.claimed.keys()])
    for (const node of nodes) {
      if (node.op !== 'Input') continue
      const tensor = node.outputs[0]!
      this.inputs.push(tensor)
      this.names.set(tensor, node.name!)
      for (const [axis, dim] of tensor.shape.entries()) {
        if (typeof dim === 'string' && !this.places.has(dim))
          this.places.set(dim, { input: node.name!, axis })
      }
    }
  }

  private fresh(): string {
    return `t${this.counter++}`
  }

  private emit(op: string, inputs: string[], attributes: Emitted['attributes'] = {}): string {
    const output = this.fresh()
    this.emitted.push({ op, domain: '', inputs, outputs: [output], attributes })
    return output
  }

  private int64s(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const key = `${values.join()};${shape.length}`
    let name = this.lists.get(key)
    if (name === undefined) {
      name = this.fresh()
      this.lists.set(key, name)
      const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
      this.initializers.push({ name, dtype: 'int64', shape, data })
    }
    return name
  }

  /** int64 [1]. */
  private size(dim: Dim): string {
    if (typeof dim === 'number') return this.int64s([dim])
    let name = this.sizes.get(dim)
    if (name !== undefined) return name
    const terms = termsOf(dim)
    if (terms.length === 1 && terms[0]![0] === 1 && terms[0]![1].length === 1) name = this.readSize(dim)
    else {
      const parts = terms.map(([n, names]) =>
        names.reduce(
          (product, factor) => {
            const size = this.size(factor)
            return product === null ? size : this.emit('Mul', [product, size])
          },
          n === 1 && names.length > 0 ? null : (this.int64s([n]) as string | null),
        )!,
      )
      name = parts.reduce((total, part) => this.emit('Add', [total, part]))
    }
    this.sizes.set(dim, name)
    return name
  }

  private readSize(dim: string): string {
    const place = this.places.get(dim)
    if (!place) {
      throw new TesseraError('DIM_UNKNOWN', `No input of the graph has the dimension ${dim}`, {
        hint: 'Give an input this dimension by itself, so that its size is known when the graph runs',
      })
    }
    let shape = this.shapes.get(place.input)
    if (shape === undefined) {
      shape = this.emit('Shape', [place.input])
      this.shapes.set(place.input, shape)
    }
    return this.emit('Gather', [shape, this.int64s([place.axis])], { axis: 0 })
  }

  /** int64 [dims.length]. */
  private sizeList(dims: Shape): string {
    if (dims.every((dim) => typeof dim === 'number')) return this.int64s(dims)
    if (dims.length === 1) return this.size(dims[0]!)
    return this.emit(
      'Concat',
      dims.map((dim) => this.size(dim)),
      { axis: 0 },
    )
  }

  /** A reshape needs no sizes where an axis stays in place (0) and at most one other is not a number (-1). */
  private reshapeList(from: Shape, to: Shape): string {
    const list = to.map((dim, i) => (typeof dim === 'number' ? dim : from[i] === dim ? 0 : -1))
    const open = list.filter((size) => size === -1).length
    // A size of 0 would be read as "as before".
    return open > 1 || to.includes(0) ? this.sizeList(to) : this.int64s(list)
  }

  private add(node: GraphNode): void {
    const inputs = node.inputs.map((x) => (x ? this.names.get(x)! : ''))
    const [output] = node.outputs
    switch (node.op) {
      case 'Input':
        return
      case 'Constant': {
        const name = this.fresh()
        const { data, external } = node
        const { dtype, shape } = output!
        this.initializers.push({
          name,
          dtype,
          shape: shape as readonly number[],
          data: external ?? new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength),
        })
        this.names.set(output!, name)
        return
      }
      case 'StopGradient':
      case 'WithGradient':
        this.names.set(output!, inputs[0]!)
        return
      case 'DimSize': {
        const number = this.emit('Squeeze', [this.size(node.sizes[0]![0]!), this.int64s([0])])
        this.names.set(output!, this.emit('Cast', [number], { to: ONNX_TYPES.float32 }))
        return
      }
      case 'Range': {
        const end = this.emit('Squeeze', [this.size(node.sizes[0]![0]!), this.int64s([0])])
        this.names.set(output!, this.emit('Range', [this.int64s([0], []), end, this.int64s([1], [])]))
        return
      }
    }
    const sizes =
      node.op === 'Reshape'
        ? [this.reshapeList(node.inputs[0]!.shape, output!.shape)]
        : node.sizes.map((dims) => this.sizeList(dims))
    const names = node.outputs.map((tensor) => {
      if (OPTIONAL_OUTPUTS.has(node.op) && !this.used.has(tensor)) return ''
      const name = this.claimed.get(tensor) ?? this.fresh()
      this.names.set(tensor, name)
      return name
    })
    const { op, domain, attributes } = node
    this.emitted.push({ op, domain, inputs: [...inputs, ...sizes], outputs: names, attributes })
  }

  model(outputs: readonly (readonly [string, Tensor])[]): OnnxModel {
    for (const node of this.nodes) this.add(node)
    // An output may be an input or a constant, or have several names: each gets an operator of its own.
    for (const [name, tensor] of outputs) {
      if (this.names.get(tensor) === name) continue
      this.emitted.push({
        op: 'Identity',
        domain: '',
        inputs: [this.names.get(tensor)!],
        outputs: [name],
        attributes: {},
      })
    }
    const graph = new ProtoWriter()
    for (const node of this.emitted) graph.message(1, (writer) => writeNode(writer, node))
    graph.text(2, 'tessera')
    for (const { name, dtype, shape, data } of this.initializers) {
      graph.message(5, (tensor) => {
        for (const size of shape) tensor.int(1, size)
        tensor.int(2, ONNX_TYPES[dtype]).text(8, name)
        if (data instanceof Uint8Array) tensor.data(9, data)
        else
          writeExternal(
            tensor,
            data,
            shape.reduce((n, size) => n * size, bytesOf(dtype)),
          )
      })
    }
    for (const tensor of this.inputs) writeValue(graph, 11, this.names.get(tensor)!, tensor)
    for (const [name, tensor] of outputs) writeValue(graph, 12, name, tensor)
    const model = new ProtoWriter()
      .int(1, 10)
      .text(2, 'tessera')
      .data(7, graph.finish())
      .message(8, (opset) => opset.text(1, '').int(2, 21))
      .message(8, (opset) => opset.text(1, 'com.microsoft').int(2, 1))
    return {
      bytes: model.finish(),
      outputs: outputs.map(([name]) => name),
      nodes: this.emitted.length,
      operators: this.emitted.map(({ op }) => op),
    }
  }
}

function writeNode(writer: ProtoWriter, { op, domain, inputs, outputs, attributes }: Emitted): void {
  for (const name of inputs) writer.text(1, name)
  for (const name of outputs) writer.text(2, name)
  writer.text(4, op)
  for (const [name, value] of Object.entries(attributes)) {
    writer.message(5, (attribute) => {
      attribute.text(1, name)
      if (typeof value === 'number') attribute.int(3, value).int(20, 2)
      else if (typeof value === 'string') attribute.text(4, value).int(20, 3)
      else if ('float' in value) attribute.float(2, value.float).int(20, 1)
      else {
        for (const n of value) attribute.int(8, n)
        attribute.int(20, 7)
      }
    })
  }
  if (domain !== '') writer.text(7, domain)
}

/** TensorProto.external_data and data_location. */
function writeExternal(tensor: ProtoWriter, { location, offset }: ExternalData, length: number): void {
  for (const [key, value] of Object.entries({ location, offset, length })) {
    tensor.message(13, (entry) => entry.text(1, key).text(2, String(value)))
  }
  tensor.int(14, 1)
}

function writeValue(graph: ProtoWriter, field: number, name: string, { dtype, shape }: Tensor): void {
  graph.message(field, (value) => {
    value.text(1, name).message(2, (type) => {
      type.message(1, (tensor) => {
        tensor.int(1, ONNX_TYPES[dtype]).message(2, (proto) => {
          for (const dim of shape) {
            proto.message(1, (d) => (typeof dim === 'number' ? d.int(1, dim) : d.text(2, dim)))
          }
        })
      })
    })
  })
}
