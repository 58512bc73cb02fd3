// SVG as tokens: HiVG (arXiv 2604.05072). The inner door; from outside, `svgTokens()` of the tokenizer room loads it.
export { builtinSegments, segmentFile } from './builtin.ts'
export { canonicalise, drawingOf, type Canonical, type CanonicalReport } from './canonical.ts'
export { drawingText, pathsOf, pathText, type Command, type Drawing, type DrawingNode } from './drawing.ts'
export { readScene } from './scene.ts'
export type { Scene, SceneNode } from './scene-node.ts'
export { Notes, type NoteKind, type SvgNote } from './notes.ts'
export { ARGUMENTS, CANVASES, COMMANDS, ELEMENTS, OVERSHOOT, SvgLayout, type Atom } from './layout.ts'
export { SegmentVocabulary, segmentText } from './segments.ts'
export { stepsOf, type SvgStep } from './steps.ts'
export { trainSegments, type TrainedSegments, type TrainSegmentsOptions } from './train-segments.ts'
export { BYTE_BASE, textBase, type TextBase } from './text-base.ts'
export {
  SvgTokenizer,
  type SvgDecoding,
  type SvgEncoding,
  type SvgToken,
  type SvgTokenizerOptions,
  type SvgTokenKind,
} from './tokenizer.ts'
