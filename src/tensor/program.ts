// A program: a function over symbolic tensors, traced once. It has named inputs and outputs, is rewritten into
// the forms that the runtime does best, and becomes the bytes of an ONNX model.
import { TesseraError } from '../core/index.ts'
import type { Shape } from './dim.ts'
import { nodesOf } from './grad.ts'
import { graphMemory, type GraphMemory } from './onnx/memory.ts'
import { onnxModel, type OnnxModel } from './onnx/model.ts'
import { graphText } from './onnx/text.ts'
import { rewrite } from './rewrite/index.ts'
import { type DType, input, type Tensor } from './tensor.ts'

export interface InputSpec {
  dtype: DType
  shape: Shape
}

/** `float('batch', 8)`: a float32 input of shape [batch, 8]. */
export function float(...shape: Shape): InputSpec {
  return { dtype: 'float32', shape }
}

/** `ints('batch', 'time')`: an int64 input. */
export function ints(...shape: Shape): InputSpec {
  return { dtype: 'int64', shape }
}

export class Program<Outputs extends string = string> {
  /** By name, in the order they were given. */
  readonly inputs: ReadonlyMap<string, Tensor>
  /** Names of the inputs that an output depends on; the others are checked, and not computed with. */
  readonly used: ReadonlySet<string>
  readonly outputs: ReadonlyMap<Outputs, Tensor>
  private rewritten: ReadonlyMap<Outputs, Tensor> | undefined
  private model: OnnxModel | undefined

  constructor(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<Outputs, Tensor>>) {
    const names = Object.keys(outputs) as Outputs[]
    const used = new Set(nodesOf(names.map((name) => outputs[name])))
    this.inputs = new Map(Object.entries(inputs))
    this.used = new Set(Object.keys(inputs).filter((name) => used.has(inputs[name]!.node)))
    this.outputs = new Map(names.map((name) => [name, outputs[name]]))
    const foreign = [...used].find(
      (node) => node.op === 'Input' && this.inputs.get(node.name!)?.node !== node,
    )
    if (foreign) {
      throw new TesseraError('ARGUMENT_INVALID', `The outputs depend on ${foreign.name}, which is no input`, {
        where: foreign.outputs[0]!.toString(),
      })
    }
  }

  /** The outputs after rewriting: what is compiled and run. */
  private final(): ReadonlyMap<Outputs, Tensor> {
    if (!this.rewritten) {
      const names = [...this.outputs.keys()]
      const tensors = rewrite(names.map((name) => this.outputs.get(name)!))
      this.rewritten = new Map(names.map((name, i) => [name, tensors[i]!]))
    }
    return this.rewritten
  }

  /** The ONNX model, made when it is first asked for. Throws DIM_UNKNOWN. */
  onnx(): OnnxModel {
    this.model ??= onnxModel([...this.final()])
    return this.model
  }

  /** One line for each node that runs; with `sizes`, named dimensions are written as numbers. */
  text(sizes?: ReadonlyMap<string, number>): string {
    return graphText(this.final(), sizes)
  }

  /** Bytes that a run needs when named dimensions have these sizes, estimated from the shapes. */
  memory(sizes: Readonly<Record<string, number>> = {}): GraphMemory {
    return graphMemory([...this.final().values()], new Map(Object.entries(sizes)))
  }
}

/** Traces a function: it is called once, with symbolic inputs, and says what the outputs are. */
export function trace<Inputs extends string, Outputs extends string>(
  inputs: Readonly<Record<Inputs, InputSpec>>,
  body: (tensors: Record<Inputs, Tensor>) => Record<Outputs, Tensor>,
): Program<Outputs> {
  const tensors = Object.fromEntries(
    Object.entries<InputSpec>(inputs).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]),
  ) as Record<Inputs, Tensor>
  return new Program(tensors, body(tensors))
}
