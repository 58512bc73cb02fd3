// The Unicode-centric tokenizer: ids that are code points, and n-grams in the gaps. Runs in a browser.
export { UnicodeCentricTokenizer, loadUnicodeCentric, type UnicodeCentricOptions } from './tokenizer.ts'
export { learnNgrams, type LanguageText, type LearnedNgrams, type LearnOptions } from './learn.ts'
export { readNgrams, writeNgrams } from './ngram-file.ts'
export { NGRAM_CAPACITY, type IdKind } from './layout.ts'
export type { Unknown } from './spec.ts'
