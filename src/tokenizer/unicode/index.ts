// Unicode as the reference tokenizers see it.
export { Category, categoryTable, classTable, isWhiteSpace } from './category.ts'
export { lookup, type TwoStage } from './two-stage.ts'
