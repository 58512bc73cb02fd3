// Unicode as the reference tokenizers see it.
export { Category, categoryTable, classTable, isWhiteSpace } from './category.ts'
export { lookup, type TwoStage } from './two-stage.ts'
export {
  digitSet,
  hexDigitSet,
  isBertNonspacing,
  isBertRemoved,
  isMark,
  isNotNormalized,
  isNumeric,
  isPunctuation,
  isWord,
  posixSet,
  propertySet,
  whiteSpaceSet,
  wordSet,
} from './properties.ts'
export { clusterEnd } from './graphemes.ts'
export { foldClass, foldClosure, foldedFrom, fullFold, multiFolds, toLowercase } from './case.ts'
export {
  ALL_CODE_POINTS,
  complement,
  difference,
  EMPTY_SET,
  intersection,
  setFromRanges,
  setHas,
  symmetricDifference,
  union,
  type CodePointSet,
} from './code-point-set.ts'
export { scriptNameOf } from './scripts.ts'
