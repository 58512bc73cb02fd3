// What the page and its tokenizing workers say to each other.
import type { MergeNode, Specials, TokenInfo } from '../../tokenizer/index.ts'
import type { Differences } from './differences.ts'
import type { Tokenized } from './tokenize.ts'

/** One turn of a conversation. */
export type Message = {
  role: string
  content: string
}

/** Where a tokenizer comes from: a built-in name, or the bytes of a dropped file. */
export type TokenizerSource = { builtin: string } | { fileName: string; bytes: Uint8Array }

export interface LoadedTokenizer {
  model: string
  vocabSize: number
  chatTemplate: string | null
  canShowMerges: boolean
}

/** Calls to the worker that holds one tokenizer. */
export type TokenizerCalls = {
  load: { input: { source: TokenizerSource }; output: LoadedTokenizer }
  encode: {
    input: { document: Uint8Array; specials: Specials | null; template: boolean }
    output: Tokenized & { utf8: boolean }
  }
  describe: { input: { id: number }; output: TokenInfo }
  mergeTree: { input: { text: string }; output: MergeNode[] }
  chat: {
    input: { template: string; messages: Message[]; addGenerationPrompt: boolean }
    output: string
  }
}

export type CompareCalls = {
  /** `ends`: for each tokenizer the byte behind every token. */
  compare: { input: { ends: Uint32Array[] }; output: Differences }
}
