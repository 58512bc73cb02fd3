// The worker of one tokenizer. Each tokenizer has its own, so that a slow one holds up no other, and one
// that never ends can be ended.
import { TesseraError, utf8DecodeStrict } from '../../core/index.ts'
import { loadTokenizer, renderChat, type Tokenizer } from '../../tokenizer/index.ts'
import { answerCalls } from './calls.ts'
import type { TokenizerCalls } from './protocol.ts'
import { tokenize, type TextDocument } from './tokenize.ts'
import { VOCABULARIES } from './vocabularies.ts'

let loaded: Tokenizer | null = null
/** Number of the newest `encode`: it calls off the one before. */
let newest = 0

function tokenizer(): Tokenizer {
  if (!loaded) throw new TesseraError('TOKENIZER_NOT_FOUND', 'No tokenizer is loaded')
  return loaded
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
channel.port1.addEventListener('message', () => turns.shift()?.())
channel.port1.start()

/** Lets messages that have arrived be handled first. (A timer would wait 4 ms each time.) */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    turns.push(resolve)
    channel.port2.postMessage(null)
  })
}

answerCalls<TokenizerCalls>({
  async load({ source }) {
    loaded =
      'builtin' in source
        ? await loadTokenizer(source.builtin, { base: VOCABULARIES })
        : await loadTokenizer(source.bytes, {
            // A rank file holds no pattern; the public ones are known by their names.
            name: source.fileName.replace(/\.tiktoken$/i, ''),
          })
    const { model, chatTemplate } = loaded.spec
    const { type } = model
    return { model: type, vocabSize: loaded.vocabSize, chatTemplate, canShowMerges: type === 'BPE' }
  },

  async encode({ document: bytes, specials, template }, progress) {
    const number = ++newest
    await turn()
    const document = documentOf(bytes)
    const options = { specials: specials ?? undefined, template }
    const tokenized = await tokenize(tokenizer(), document, options, async (done) => {
      progress(done)
      await turn()
      if (newest !== number) throw new TesseraError('CANCELLED', 'A newer text has come')
    })
    return { ...tokenized, utf8: document.text !== null }
  },

  describe: ({ id }) => tokenizer().info(id),

  mergeTree: ({ text }) => tokenizer().mergeTree(text),

  chat: ({ template, messages, addGenerationPrompt }) =>
    renderChat(tokenizer(), messages, { template, addGenerationPrompt }),
})
