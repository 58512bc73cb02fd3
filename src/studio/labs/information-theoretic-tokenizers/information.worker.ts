// The lab's worker: holds the documents, and measures one tokenizer after another on them.
import { utf8DecodeStrict } from '../../../core/index.ts'
import { compressors, TokenMeter, transformSizes } from '../../../measure/index.ts'
import { createTokenizer, loadTokenizer, trainBpeSpec, type Tokenizer } from '../../../tokenizer/index.ts'
import { problemOf } from '../../shell/problem.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import type { InformationCalls, Opened, Source } from './protocol.ts'

let texts: string[] = []
const loaded = new Map<string, Promise<Tokenizer>>()

async function load(source: Source): Promise<Tokenizer> {
  if ('builtin' in source) return loadTokenizer(source.builtin, { base: VOCABULARIES })
  if ('fileName' in source) {
    return loadTokenizer(source.bytes, { name: source.fileName.replace(/\.(json|tiktoken|model)$/i, '') })
  }
  // No merges at all: the alphabet of byte-level BPE.
  const { spec } = await trainBpeSpec([' '], { vocabSize: 256, pattern: 'none' })
  return createTokenizer({ ...spec, name: 'bytes' })
}

function tokenizerFor(source: Source): Promise<Tokenizer> {
  // Files of the reader's own are loaded anew: two may have the same name.
  if ('fileName' in source) return load(source)
  const key = 'builtin' in source ? source.builtin : 'bytes'
  const known = loaded.get(key) ?? load(source)
  loaded.set(key, known)
  known.catch(() => loaded.delete(key))
  return known
}

answerCalls<InformationCalls>({
  open({ documents }) {
    texts = []
    const opened: Opened = { kept: [], refused: [] }
    for (const { name, bytes } of documents) {
      try {
        const text = utf8DecodeStrict(bytes, name)
        texts.push(text)
        opened.kept.push({ name, bytes: bytes.length, chars: text.length })
      } catch (error) {
        opened.refused.push({ name, message: problemOf(error).message })
      }
    }
    return opened
  },

  async measure({ source }, progress) {
    const tokenizer = await tokenizerFor(source)
    const documents = texts
    const meter = new TokenMeter(tokenizer)
    const tokens = new Float64Array(documents.length)
    for (const [i, text] of documents.entries()) {
      tokens[i] = meter.add(text).length
      progress((0.4 * (i + 1)) / documents.length)
    }
    const measurement = await meter.report({
      onProgress: ({ done, total }) => progress(0.4 + (0.3 * done) / Math.max(total ?? 1, 1)),
    })
    const transforms = []
    const names = [...(await compressors()).keys()]
    for (const [c, compressor] of names.entries()) {
      transforms.push(
        await transformSizes(tokenizer, () => documents, {
          compressor,
          onProgress: ({ done }) => progress(0.7 + (0.3 * (c + done / documents.length)) / names.length),
        }),
      )
    }
    return { measurement, tokens, transforms }
  },
})
