export { readTokenizerJson, type TokenizerJsonOptions } from './read.ts'
