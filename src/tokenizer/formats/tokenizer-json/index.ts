export { readTemplateFile, readTokenizerJson, type TokenizerJsonOptions } from './read.ts'
export { writeTokenizerJson } from './write.ts'
