// The lab's worker: merges a batch once, then shows it after any number of merges.
import { utf8Decode, TesseraError } from '../../../core/index.ts'
import {
  type DynamicBatch,
  dynamicTokenizer,
  loadTokenizer,
  type Tokenizer,
} from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import type { DynamicCalls } from './protocol.ts'

const loaded = new Map<string, Tokenizer>()
let batch: DynamicBatch | null = null

answerCalls<DynamicCalls>({
  async merge({ texts, tokenizer: name, boundary }, progress) {
    const tokenizer = loaded.get(name) ?? (await loadTokenizer(name, { base: VOCABULARIES }))
    loaded.set(name, tokenizer)
    progress(0.2)
    const dynamic = await dynamicTokenizer(tokenizer, { boundary, template: false, specials: 'text' })
    batch = await dynamic.merge(texts)
    progress(0.9)
    const merged = batch
    return {
      merges: Array.from({ length: merged.merges }, (_, i) => {
        const { left, right, made, count } = merged.merge(i + 1)
        return {
          left: utf8Decode(left.bytes),
          right: utf8Decode(right.bytes),
          made: utf8Decode(made.bytes),
          count,
        }
      }),
      lengths: Array.from(merged.lengths()),
      texts: texts.map((_, i) => merged.lengths(i)[0]!),
    }
  },

  view({ merges }) {
    if (!batch) throw new TesseraError('ARGUMENT_INVALID', 'No batch is merged')
    const { tokens, texts } = batch.at(merges)
    return {
      texts: texts.map((text) =>
        Array.from(text.tokens, (token, i) => ({
          text: utf8Decode(tokens[token]!.bytes),
          merged: text.starts[i + 1]! - text.starts[i]! > 1,
        })),
      ),
    }
  },
})
