// The door of the tokenizer room: text or bytes ⇄ ids. Runs in Node and in a browser.
export { createTokenizer, type TokenizerSettings } from './tokenizer.ts'
export { loadTokenizer } from './load-tokenizer.ts'
export {
  builtinTokenizers,
  resolveTokenizer,
  type BuiltinTokenizer,
  type ResolveOptions,
  type TokenizerSource,
} from './load/index.ts'
export {
  readCompact,
  readGgufMetadata,
  readGgufVocab,
  readRankList,
  readSentencePiece,
  readTiktokenRanks,
  readTokenizer,
  readTokenizerJson,
  writeCompact,
  writeGgufMetadata,
  writeGgufVocab,
  writeSentencePiece,
  writeTiktokenRanks,
  writeTokenizerJson,
  type GgufEntries,
  type GgufEntry,
  type GgufMetadata,
  type GgufOptions,
  type GgufValue,
  type GgufVocab,
  type GgufVocabOptions,
  type RankOptions,
  type ReadOptions,
  type SentencePieceOptions,
  type TokenizerJsonOptions,
} from './formats/index.ts'
export {
  trainBpe,
  trainBpeSpec,
  trainUnigram,
  trainUnigramSpec,
  trainWordPiece,
  trainWordPieceSpec,
  type TrainedTokenizer,
} from './train-tokenizer.ts'
export * from './train-supertokens.ts'
export * from './dynamic-tokens.ts'
export * from './change-vocabulary.ts'
export { trainLzBpe, trainLzBpeSpec } from './train-lz-tokenizer.ts'
export type { TrainLzBpeOptions, TrainLzBpeReport } from './train-lz/train-lz.ts'
export type { Corpus, TrainBpeOptions, TrainBpeReport } from './train/train-bpe.ts'
export type { TrainOptions } from './train/options.ts'
export type { SkippedFile } from './train/text-check.ts'
export type { TrainUnigramOptions, TrainUnigramReport } from './train/train-unigram.ts'
export type { TrainWordPieceOptions, TrainWordPieceReport } from './train/train-wordpiece.ts'
export {
  IdWriter,
  deserialise,
  fixedWidth,
  orderByCount,
  rankTable,
  serialise,
  type SerialiseOptions,
  type Serialisation,
} from './serial/serialise.ts'
export { renderChat, type ChatMessage, type ChatOptions } from './chat.ts'
export { Vocab, type VocabAlphabet } from './vocab.ts'
export * from './binary/index.ts'
export * from './glyphs/index.ts'
export * from './unicode-centric/index.ts'
export { difference, intersection, scriptNameOf, setHas, type CodePointSet } from './unicode/index.ts'
export { patternSyntax } from './regex/index.ts'
export type { Syntax as PatternSyntax } from './regex/syntax.ts'
export { svgTokens, type SvgTokens } from './svg-tokens.ts'
export type * from './svg/index.ts'
export type * from './spec.ts'
export type * from './types.ts'
