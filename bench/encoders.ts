// The tokenizers that `encode` compares: every contestant as plain functions over a list of texts.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { loadTokenizer, type Tokenizer } from '../src/tokenizer/index.ts'

export interface Encoder {
  encode(texts: readonly string[]): unknown
  count?(texts: readonly string[]): unknown
  decode?(ids: readonly Ids[]): unknown
}

export type Ids = number[] | Uint32Array

const require = createRequire(import.meta.url)

const each =
  <In, Out>(one: (item: In) => Out) =>
  (items: readonly In[]): Out[] =>
    items.map(one)

export function ours(tokenizer: Tokenizer): Encoder {
  return {
    encode: each((text: string) => tokenizer.encode(text, { template: false })),
    count: each((text: string) => tokenizer.count(text, { template: false })),
    decode: each((ids: Ids) => tokenizer.decode(ids)),
  }
}

/** Peers that know o200k_base by name. Special tokens are ordinary text for all. */
export async function o200kPeers(full: boolean): Promise<Record<string, Encoder>> {
  const gpt = await import('gpt-tokenizer/encoding/o200k_base')
  const { Tokenizer: AiTokenizer } = await import('ai-tokenizer')
  const ai = new AiTokenizer(await import('ai-tokenizer/encoding/o200k_base'))
  const { get_encoding } = await import('tiktoken')
  const wasm = get_encoding('o200k_base')
  const utf8 = new TextDecoder()
  const plainText = { disallowedSpecial: new Set<string>() }
  const peers: Record<string, Encoder> = {
    'gpt-tokenizer': {
      encode: each((text: string) => gpt.encode(text, plainText)),
      count: each((text: string) => gpt.countTokens(text, plainText)),
      decode: each((ids: Ids) => gpt.decode(ids)),
    },
    'ai-tokenizer': {
      encode: each((text: string) => ai.encode(text)),
      count: each((text: string) => ai.count(text)),
      decode: each((ids: Ids) => ai.decode([...ids])),
    },
    tiktoken: {
      encode: each((text: string) => wasm.encode_ordinary(text)),
      decode: each((ids: Ids) =>
        utf8.decode(wasm.decode(ids instanceof Uint32Array ? ids : Uint32Array.from(ids))),
      ),
    },
  }
  const native = nativeTiktoken()
  if (native) peers['@anysphere/tiktoken-node'] = native
  if (full) {
    const { getEncoding } = await import('js-tiktoken')
    const js = getEncoding('o200k_base')
    peers['js-tiktoken'] = {
      encode: each((text: string) => js.encode(text, [], [])),
      decode: each((ids: Ids) => js.decode([...ids])),
    }
  }
  return peers
}

interface NativeTokenizer {
  encode(text: string, encoding: number, specials: number, exceptions: object): Promise<number[]>
  exactNumTokensNoSpecialTokens(text: string, encoding: number): Promise<number>
  decode(ids: readonly number[], encoding: number): Promise<string>
}

/** The Rust core of tiktoken; null where the package has no binary for the platform. */
function nativeTiktoken(): Encoder | null {
  try {
    const { getTokenizer, SupportedEncoding, SpecialTokenAction } = require('@anysphere/tiktoken-node') as {
      getTokenizer(): NativeTokenizer
      SupportedEncoding: { O200k: number }
      SpecialTokenAction: { NormalText: number }
    }
    const native = getTokenizer()
    const { O200k } = SupportedEncoding
    return {
      encode: (texts) =>
        inTurn(texts, (text) => native.encode(text, O200k, SpecialTokenAction.NormalText, {})),
      count: (texts) => inTurn(texts, (text) => native.exactNumTokensNoSpecialTokens(text, O200k)),
      decode: (rows) => inTurn(rows, (ids) => native.decode([...ids], O200k)),
    }
  } catch {
    return null
  }
}

async function inTurn<In, Out>(items: readonly In[], one: (item: In) => Promise<Out>): Promise<Out[]> {
  const out: Out[] = []
  for (const item of items) out.push(await one(item))
  return out
}

export interface TokenizerJsonCase {
  tessera: Encoder
  peers: Record<string, Encoder>
}

/** Ours and the two that read tokenizer.json, on the same file of an installed package. */
export async function tokenizerJson(packageName: string): Promise<TokenizerJsonCase> {
  const modules = dirname(dirname(require.resolve('typescript/package.json')))
  const file = join(modules, packageName, 'models/tokenizer.json')
  const text = readFileSync(file, 'utf8')
  const config = JSON.parse(
    readFileSync(file.replace('tokenizer.json', 'tokenizer_config.json'), 'utf8'),
  ) as object
  const { Tokenizer: Native } = await import('tokenizers')
  const { Tokenizer: HfJs } = await import('@huggingface/tokenizers')
  const native = Native.fromString(text)
  const js = new HfJs(JSON.parse(text) as object, config)
  return {
    tessera: ours(await loadTokenizer(file)),
    peers: {
      tokenizers: {
        encode: (texts) =>
          inTurn(texts, async (one) =>
            (await native.encode(one, null, { addSpecialTokens: false })).getIds(),
          ),
        decode: (rows) => inTurn(rows, (ids) => native.decode([...ids], true)),
      },
      '@huggingface/tokenizers': {
        encode: each((one: string) => js.encode(one, { add_special_tokens: false }).ids),
        decode: each((ids: Ids) => js.decode([...ids])),
      },
    },
  }
}
