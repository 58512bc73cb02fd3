// A symbolic tensor: what an operation will give when the graph runs. Calling operations builds a graph that
// nobody owns: a tensor knows the node that makes it, a node knows its inputs, and a program is whatever can
// be reached from its outputs. Nodes are ONNX operators, so that there is no second vocabulary to learn.
import { TesseraError } from '../core/index.ts'
import { isDimName, type Shape, shapeText } from './dim.ts'

export type DType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool'

export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array

/** Where the bytes of a constant lie, in a file beside the graph's or in memory that is given under its name. */
export interface ExternalData {
  /** A file name without folders. */
  location: string
  /** Bytes from the start of the file. */
  offset: number
}

/** A FLOAT attribute: plain numbers are INT, and ONNX tells the two apart. */
export interface FloatAttribute {
  float: number
}

export type Attribute = number | string | readonly number[] | FloatAttribute

/**
 * Sizes of `shape` as an int64 input that the graph computes when it runs: named dimensions are read off the
 * graph's inputs. A node that needs one has it in `sizes`, after its tensor inputs.
 */
export interface GraphNode {
  /** Operator type of ONNX, or `Input` and `Constant`. */
  readonly op: string
  /** '' or com.microsoft. */
  readonly domain: string
  readonly inputs: readonly (Tensor | null)[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly sizes: readonly Shape[]
  readonly outputs: readonly Tensor[]
  /** Of an `Input`. */
  readonly name: string | null
  /** Of a `Constant`. */
  readonly data: TensorData | null
  /** Of a `Constant` that is not in memory. */
  readonly external: ExternalData | null
  /** Creation order: inputs of a node have smaller numbers. */
  readonly order: number
}

let created = 0

export class Tensor {
  readonly node: GraphNode
  /** Which output of its node. */
  readonly index: number
  readonly shape: Shape
  readonly dtype: DType

  constructor(node: GraphNode, index: number, dtype: DType, shape: Shape) {
    this.node = node
    this.index = index
    this.dtype = dtype
    this.shape = shape
  }

  get rank(): number {
    return this.shape.length
  }

  toString(): string {
    return `${this.node.op} ${this.dtype}${shapeText(this.shape)}`
  }
}

export interface NodeSettings {
  domain?: string
  attributes?: Record<string, Attribute>
  sizes?: readonly Shape[]
  name?: string
  data?: TensorData
  external?: ExternalData
}

/** A node and its outputs; operations check shapes and types before they come here. */
export function makeNode(
  op: string,
  inputs: readonly (Tensor | null)[],
  outputs: readonly { dtype: DType; shape: Shape }[],
  settings: NodeSettings = {},
): readonly Tensor[] {
  const made: Tensor[] = []
  const node: GraphNode = {
    op,
    domain: settings.domain ?? '',
    inputs,
    attributes: settings.attributes ?? {},
    sizes: settings.sizes ?? [],
    outputs: made,
    name: settings.name ?? null,
    data: settings.data ?? null,
    external: settings.external ?? null,
    order: created++,
  }
  for (const [i, { dtype, shape }] of outputs.entries()) made.push(new Tensor(node, i, dtype, shape))
  return made
}

/** An input of a program. Throws ARGUMENT_INVALID for a dimension that is neither a size nor a name. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  for (const dim of shape) {
    const good = typeof dim === 'number' ? Number.isSafeInteger(dim) && dim >= 0 : isDimName(dim)
    if (!good) {
      throw new TesseraError('ARGUMENT_INVALID', `${JSON.stringify(dim)} is no dimension`, {
        where: `input ${name}${shapeText(shape)}`,
        hint: 'A dimension is a size or a name made of letters, digits and _',
      })
    }
  }
  return makeNode('Input', [], [{ dtype, shape }], { name })[0]!
}

const ARRAYS: Record<DType, { readonly BYTES_PER_ELEMENT: number; new (length: number): TensorData }> = {
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
}

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT
}

/** The typed array that holds a dtype; float16 is held as its bits. */
function arrayOf(dtype: DType, length: number): TensorData {
  return new ARRAYS[dtype](length)
}

export function isArrayOf(dtype: DType, data: unknown): data is TensorData {
  return data instanceof ARRAYS[dtype]
}

/** A constant from its data. Throws SHAPE_MISMATCH when the array has another length than the shape says. */
export function constant(data: TensorData, shape: readonly number[], dtype: DType = dtypeOf(data)): Tensor {
  const length = shape.reduce((product, size) => product * size, 1)
  if (length !== data.length || !isArrayOf(dtype, data)) {
    throw new TesseraError(
      'SHAPE_MISMATCH',
      `A constant of ${dtype}${shapeText(shape)} has ${length} elements; the array has ${data.length}`,
    )
  }
  return makeNode('Constant', [], [{ dtype, shape }], { data })[0]!
}

/** A constant that stays outside of the graph's bytes; little-endian, as long as dtype and shape say. */
export function externalConstant(external: ExternalData, shape: readonly number[], dtype: DType): Tensor {
  return makeNode('Constant', [], [{ dtype, shape }], { external })[0]!
}

/** A constant number, of shape []. */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  const data = arrayOf(dtype, 1)
  if (data instanceof BigInt64Array) data[0] = BigInt(value)
  else data[0] = value
  return constant(data, [], dtype)
}

function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof BigInt64Array) return 'int64'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Int8Array) return 'int8'
  if (data instanceof Uint16Array) return 'float16'
  return 'uint8'
}

/** A number stands for a constant of the other operand's type. */
export type Operand = Tensor | number

export function operand(value: Operand, dtype: DType): Tensor {
  return typeof value === 'number' ? scalar(value, dtype) : value
}

/** Negative axes count from the end. Throws SHAPE_MISMATCH. */
export function axisOf(axis: number, x: Tensor, op: string, extra = 0): number {
  const rank = x.rank + extra
  const positive = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw shapeError(op, `axis ${axis} does not exist in ${shapeText(x.shape)}`)
  }
  return positive
}

/** The error of every shape rule: names the operation, what does not fit, and the caller's line. */
export function shapeError(op: string, message: string): TesseraError {
  return new TesseraError('SHAPE_MISMATCH', `${op}: ${message}`, callerDetails())
}

export function dtypeError(op: string, message: string): TesseraError {
  return new TesseraError('DTYPE_MISMATCH', `${op}: ${message}`, callerDetails())
}

/** The first line of the stack that is not in this room. */
function callerDetails(): { where?: string } {
  // Some runtimes write paths into stacks, some URLs.
  const url = import.meta.url.replace(/^file:\/\//, '')
  const here = url.slice(0, url.lastIndexOf('/') + 1)
  const frame = (new Error().stack ?? '')
    .split('\n')
    .slice(1)
    .find((line) => line.includes(':') && (!line.includes(here) || /\.test\.\w+:/.test(line)))
  const place = frame && /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/.exec(frame.trim())?.[1]
  return place ? { where: place } : {}
}

export type { Shape }
