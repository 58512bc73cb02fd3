// The door of the model room: architectures and checkpoints, the KV cache, training.
export { type DecoderConfig, type RopeScaling } from './config.ts'
export { familyOf } from './families/index.ts'
export {
  type EncoderInput,
  type EncoderOutput,
  encoderStates,
  seq2seqLogits,
  trainingLogits,
} from './training-net.ts'
export { type Checkpoint, checkpointOf } from './checkpoint/checkpoint.ts'
export type { Family, WeightSource } from './families/family.ts'
export { Cache, type CacheModel, type CacheOptions } from './cache/cache.ts'
export { loadModel, Model, type ModelOptions } from './model.ts'
export type { PrecisionName } from './runtime/precision.ts'
export type { StepInput, StepResult } from './runtime/step.ts'
export * from './train/index.ts'
export { followRecipe, type FollowedRecipe, type FollowOptions } from './recipes/follow-recipe.ts'
export { type Recipe, RECIPES } from './recipes/recipes.ts'
export {
  type ModelSize,
  type Prepared,
  pretrain,
  type Pretrained,
  type PretrainOptions,
  type TextGroup,
} from './recipes/pretrain.ts'
export { type SizeName, SIZES } from './recipes/sizes.ts'
export { type Encoded, type EncodeOptions, Encoder, loadEncoder } from './encoder.ts'
export { loadSeq2Seq, Seq2Seq, type TranslateOptions, type Translation } from './seq2seq.ts'
export { appendLane, packLanes, placeLane } from './cache/lanes.ts'
export type { WeightType } from './checkpoint/safetensors-write.ts'
export type { SaveOptions } from './checkpoint/folder.ts'
export type { SavedGguf, SaveGgufOptions } from './checkpoint/gguf/save.ts'
export type { GgufType } from './checkpoint/gguf/quantise.ts'
export type { SaveOnnxOptions } from './export/onnx/save-onnx.ts'
export { openPageFiles, type PageFile } from './checkpoint/page-files.ts'
export * from './files.ts'
export { describeModel, type ModelDescription } from './describe.ts'
export type { MemoryEstimate } from './runtime/open-weights.ts'
