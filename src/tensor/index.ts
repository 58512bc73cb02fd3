// The door of the tensor room: functions over symbolic tensors, traced into ONNX graphs, differentiated by a
// transform of the graph, run by ONNX Runtime.
export { addDims, type Dim, divDims, mulDims, type Shape, subDims } from './dim.ts'
export {
  bytesOf,
  constant,
  type DType,
  externalConstant,
  type ExternalData,
  makeNode,
  type Operand,
  scalar,
  Tensor,
  type TensorData,
} from './tensor.ts'
export * from './ops/elementwise.ts'
export {
  argmax,
  dimSize,
  expand,
  layerNorm,
  logSumExp,
  max,
  mean,
  min,
  type ReduceOptions,
  rmsNorm,
  sum,
} from './ops/reduce.ts'
export { concat, pad, reshape, slice, split, squeeze, transpose, unsqueeze } from './ops/layout.ts'
export {
  cumSum,
  type CumSumOptions,
  gather,
  gatherElements,
  oneHot,
  ones,
  range,
  topK,
  zeros,
} from './ops/index-ops.ts'
export { crossEntropy, logSoftmax, matmul, softmax } from './ops/contract.ts'
export { type CustomRule, stopGradient, straightThrough, withGradient } from './ops/gradient-control.ts'
export { grad } from './grad.ts'
export { float, type InputSpec, ints, Program, trace } from './program.ts'
export { type Feed } from './run/feeds.ts'
export { type NativeTensor, type Result, Session, type SessionOptions } from './run/session.ts'
export {
  adamW,
  type AdamWOptions,
  cosineSchedule,
  muon,
  type MuonOptions,
  type Optimiser,
  type Schedule,
  sgd,
  type SgdOptions,
  trapezoidSchedule,
} from './train/optimisers.ts'
export {
  type Initial,
  Parameters,
  type ParameterSpec,
  type ParameterSpecs,
  type ParameterView,
} from './train/parameters.ts'
export {
  type StepReport,
  Trainer,
  type TrainerOptions,
  type TrainerState,
  type Tensors,
} from './train/trainer.ts'
