// Tokenizers for executables and other bytes: the Binary BPE family. Runs in a browser.
export { BinaryTokenizer, type BinaryEncodeOptions } from './tokenizer.ts'
export { trainBinary, type BinaryTraining, type BinaryTrainOptions } from './train.ts'
export { ChunkCorpus, entropyOf, type ChunkOptions } from './chunks.ts'
export { BINARY_SPECIALS, FIRST_BYTE_ID, FIRST_MERGE_ID, PUBLISHED_SIZES } from './layout.ts'
export {
  inspectExecutable,
  sections,
  type Executable,
  type ExecutableFormat,
  type Section,
  type SectionKind,
} from './sections/index.ts'
export { tokensBySection } from './by-section.ts'
export type { BinaryJsonForm } from './tokenizer-json.ts'
