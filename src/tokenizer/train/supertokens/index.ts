// Training of tokens that span words: loaded when somebody trains.
export { trainSupertokensSpec } from './train-supertokens.ts'
export { trainTwoStageSpec } from './train-two-stage.ts'
