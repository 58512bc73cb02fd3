// What training a language model offers to those outside of this folder.
export { Evaluator, type HeldOut, type Logits, type TokenBytes } from './held-out.ts'
export { TokenData, type TokenStream } from './token-data.ts'
export { loadTraining, type SavedTraining, saveTraining } from './training-state.ts'
export * from './train-language-model.ts'
