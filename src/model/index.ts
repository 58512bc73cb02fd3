// The door of the model room: architectures and checkpoints, the KV cache, training.
export { type DecoderConfig, type RopeScaling } from './config.ts'
export { familyOf } from './families/index.ts'
export { trainingLogits } from './training-net.ts'
export { type Checkpoint, checkpointOf } from './checkpoint/checkpoint.ts'
export type { Family, WeightSource } from './families/family.ts'
export { Cache, type CacheModel, type CacheOptions } from './cache/cache.ts'
export { loadModel, Model, type ModelOptions, type PrecisionName } from './model.ts'
export type { StepInput, StepResult } from './runtime/step.ts'
