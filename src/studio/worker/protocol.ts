// What the page and its tokenizing worker say to each other.
import type { MergeNode, Specials, TokenInfo } from '../../tokenizer/index.ts'
import type { Problem } from '../shell/problem.ts'
import type { Message } from './chat.ts'
import type { Differences } from './differences.ts'
import type { Tokenized } from './tokenize.ts'

/** Where a tokenizer comes from: a built-in name, or the bytes of a dropped file. */
export type TokenizerSource = { builtin: string } | { fileName: string; bytes: Uint8Array }

export interface BuiltinInfo {
  name: string
  licence: string
  /** What it is from, in a few words. */
  description: string
}

export interface LoadedTokenizer {
  name: string
  model: string
  vocabSize: number
  /** Its own policy when none is chosen. */
  defaultSpecials: Specials
  hasTemplate: boolean
  chatTemplate: string | null
  canShowMerges: boolean
}

/** Every call: its arguments and its answer. */
export interface Calls {
  builtins: { input: Record<string, never>; output: BuiltinInfo[] }
  load: { input: { key: string; source: TokenizerSource }; output: LoadedTokenizer }
  encode: {
    input: { key: string; document: Uint8Array; specials: Specials | null; template: boolean }
    output: Tokenized & { utf8: boolean; milliseconds: number }
  }
  compare: { input: { keys: string[] }; output: Differences }
  describe: { input: { key: string; id: number }; output: TokenInfo }
  mergeTree: { input: { key: string; text: string }; output: MergeNode[] }
  chat: {
    input: { key: string; template: string; messages: Message[]; addGenerationPrompt: boolean }
    output: string
  }
}

export type Request = {
  [K in keyof Calls]: { id: number; call: K; input: Calls[K]['input'] }
}[keyof Calls]

export type Reply =
  | { id: number; kind: 'progress'; done: number }
  | { id: number; kind: 'done'; output: Calls[keyof Calls]['output'] }
  | { id: number; kind: 'failed'; problem: Problem }
