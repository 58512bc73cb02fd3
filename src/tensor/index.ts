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
  all,
  any,
  argmax,
  argmin,
  dimSize,
  expand,
  logSumExp,
  max,
  mean,
  min,
  type ReduceOptions,
  sum,
  variance,
} from './ops/reduce.ts'
export {
  concat,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  tile,
  transpose,
  unsqueeze,
} from './ops/layout.ts'
export {
  cumSum,
  type CumSumOptions,
  flip,
  gather,
  gatherElements,
  oneHot,
  ones,
  range,
  type Reduction,
  scatterElements,
  scatterRows,
  topK,
  zeros,
} from './ops/index-ops.ts'
export * from './ops/activations.ts'
export { layerNorm, rmsNorm } from './ops/norms.ts'
export { attention, type AttentionOptions, rotary } from './ops/attention.ts'
export { type ConvOptions, conv1d, convTranspose1d } from './ops/conv.ts'
export { causalBias, tril, triu } from './ops/masks.ts'
export { crossEntropy, logSoftmax, matmul, negativeLogLikelihood, softmax } from './ops/contract.ts'
export { type CustomRule, stopGradient, straightThrough, withGradient } from './ops/gradient-control.ts'
export { grad } from './grad.ts'
export { float, type InputSpec, ints, Program, trace } from './program.ts'
export { type Feed } from './run/feeds.ts'
export {
  type Result,
  Session,
  sessionMemory,
  type SessionMemory,
  type SessionOptions,
} from './run/session.ts'
export {
  configureWebRuntime,
  type NativeTensor,
  type Provider,
  type WebRuntimeOptions,
} from './run/runtime.ts'
export { type OperatorTime, profileByOperator } from './run/profile.ts'
export { type GraphMemory } from './onnx/memory.ts'
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
  type Batch,
  type OpenTrainerOptions,
  type StepReport,
  Trainer,
  type TrainerOptions,
  type TrainerState,
  type Tensors,
} from './train/trainer.ts'
