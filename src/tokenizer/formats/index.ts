// Tokenizer files in and out. Every reader gives a TokenizerSpec, every writer takes one.
export { readTokenizerJson, type TokenizerJsonOptions } from './tokenizer-json/index.ts'
export {
  readRankList,
  readTiktokenObject,
  readTiktokenRanks,
  writeTiktokenRanks,
  type RankOptions,
} from './tiktoken.ts'
export { KNOWN_ENCODINGS, knownEncoding, type KnownEncoding } from './encodings.ts'
