// The door of the model room: architectures and checkpoints, the KV cache, training.
export { type DecoderConfig, type RopeScaling } from './config.ts'
export { familyOf } from './families/index.ts'
export { trainingLogits } from './training-net.ts'
export { type Checkpoint, checkpointOf } from './checkpoint/checkpoint.ts'
export type { Family, WeightSource } from './families/family.ts'
export { Cache, type CacheModel, type CacheOptions } from './cache/cache.ts'
export { loadModel, Model, type ModelOptions, type PrecisionName } from './model.ts'
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
