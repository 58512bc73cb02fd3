// The door of the decode room: logits to text. Sampling, constraints, generation, scores, beam search.
export {
  argmax,
  copyOfRow,
  logSumExp,
  type ScoredToken,
  type TokenScore,
  tokenScore,
  topIds,
} from './sampling/logits.ts'
export * from './sampling/filters.ts'
export { draw } from './sampling/draw.ts'
export { type ChooserOptions, TokenChooser } from './sampling/chooser.ts'
export { type Sampling, type SamplingOptions, samplingOf } from './sampling/settings.ts'
export {
  compileConstraint,
  Constraint,
  type ConstraintSpec,
  type ConstraintState,
  type JsonLayout,
} from './constraint/constraint.ts'
export type { JsonSchema } from './constraint/schema-merge.ts'
export { StopStrings } from './stop-strings.ts'
export type { FinishReason, Generation, Piece } from './answer.ts'
export type { GenerateOptions } from './options.ts'
export {
  completions,
  type CompletionsOptions,
  type CompletionsStream,
  generate,
  type GenerationStream,
} from './generate.ts'
export { score, type Score, type ScoreOptions } from './score.ts'
export { type BeamAnswer, type BeamOptions, beamSearch } from './beam-search.ts'
