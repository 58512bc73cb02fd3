// The tokenizing worker: holds the loaded tokenizers and the last tokenization of each, answers calls.
// A newer `encode` for the same tokenizer calls off the one before it.
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'
import { TesseraError, utf8DecodeStrict } from '../../core/index.ts'
import { problemOf } from '../shell/problem.ts'
import { builtins, fetchBuiltin } from './builtins.ts'
import { renderChat } from './chat.ts'
import { differences } from './differences.ts'
import type { Calls, LoadedTokenizer, Reply, Request } from './protocol.ts'
import type { Spans } from './spans.ts'
import { tokenize, type TextDocument } from './tokenize.ts'

type Handlers = {
  [K in keyof Calls]: (
    input: Calls[K]['input'],
    progress: (done: number) => void,
  ) => Promise<Calls[K]['output']> | Calls[K]['output']
}

const tokenizers = new Map<string, Tokenizer>()
const results = new Map<string, Spans>()
/** Number of the newest `encode` for each tokenizer. */
const newest = new Map<string, number>()

function tokenizerOf(key: string): Tokenizer {
  const tokenizer = tokenizers.get(key)
  if (!tokenizer) throw new TesseraError('TOKENIZER_NOT_FOUND', `No tokenizer is loaded as ${key}`)
  return tokenizer
}

function documentOf(bytes: Uint8Array): TextDocument {
  try {
    return { bytes, text: utf8DecodeStrict(bytes) }
  } catch {
    return { bytes, text: null }
  }
}

const channel = new MessageChannel()
const turns: (() => void)[] = []
channel.port1.onmessage = () => turns.shift()?.()

/** Lets messages that have arrived be handled first. (A timer would wait 4 ms each time.) */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    turns.push(resolve)
    channel.port2.postMessage(null)
  })
}

const handlers: Handlers = {
  builtins,

  async load({ key, source }): Promise<LoadedTokenizer> {
    const tokenizer =
      'builtin' in source ? await fetchBuiltin(source.builtin) : await loadTokenizer(source.bytes)
    tokenizers.set(key, tokenizer)
    const { spec } = tokenizer
    return {
      name: tokenizer.name,
      model: spec.model.type,
      vocabSize: tokenizer.vocabSize,
      defaultSpecials: spec.reference === 'tiktoken' ? 'text' : 'parse',
      hasTemplate: spec.postProcessor !== null && tokenizer.count('') > 0,
      chatTemplate: spec.chatTemplate,
      canShowMerges: spec.model.type === 'BPE',
    }
  },

  async encode({ key, document: bytes, specials, template }, progress) {
    const tokenizer = tokenizerOf(key)
    const number = (newest.get(key) ?? 0) + 1
    newest.set(key, number)
    await turn()
    const document = documentOf(bytes)
    const from = performance.now()
    const tokenized = await tokenize(
      tokenizer,
      document,
      { specials: specials ?? undefined, template },
      async (done) => {
        progress(done)
        await turn()
        if (newest.get(key) !== number) throw new TesseraError('CANCELLED', 'A newer text has come')
      },
    )
    results.set(key, { ids: tokenized.ids, starts: tokenized.starts, ends: tokenized.ends })
    return { ...tokenized, utf8: document.text !== null, milliseconds: performance.now() - from }
  },

  compare({ keys }) {
    const all = keys.map((key) => results.get(key)).filter((spans) => spans !== undefined)
    if (all.length !== keys.length) throw new TesseraError('CANCELLED', 'There is nothing to compare yet')
    return differences(all)
  },

  describe: ({ key, id }) => tokenizerOf(key).info(id),

  mergeTree: ({ key, text }) => tokenizerOf(key).mergeTree(text),

  chat({ key, ...input }) {
    return renderChat({ ...input, namedTokens: tokenizerOf(key).spec.namedTokens })
  },
}

async function answer(request: Request): Promise<void> {
  const { id } = request
  const reply = (message: Reply) => postMessage(message)
  try {
    const handle = handlers[request.call] as (input: unknown, progress: (done: number) => void) => unknown
    const output = await handle(request.input, (done) => reply({ id, kind: 'progress', done }))
    reply({ id, kind: 'done', output: output as Calls[keyof Calls]['output'] })
  } catch (error) {
    reply({ id, kind: 'failed', problem: problemOf(error) })
  }
}

addEventListener('message', (event: MessageEvent<Request>) => void answer(event.data))
