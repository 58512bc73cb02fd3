// Tokenizer files in and out. Every reader gives a TokenizerSpec, every writer takes one.
export { readTokenizerJson, type TokenizerJsonOptions, writeTokenizerJson } from './tokenizer-json/index.ts'
export { readRankList, readTiktokenRanks, writeTiktokenRanks, type RankOptions } from './tiktoken.ts'
export { KNOWN_ENCODINGS } from './encodings.ts'
export { isCompact, readCompact, writeCompact } from './compact/index.ts'
export { readSentencePiece, type SentencePieceOptions } from './sentencepiece.ts'
export { writeSentencePiece } from './sentencepiece-write.ts'
export { readGgufVocab, type GgufOptions } from './gguf.ts'
export { readTokenizer, type ReadOptions } from './detect.ts'
