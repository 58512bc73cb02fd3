// The lab's worker: three vocabularies of equal size trained on the reader's own text.
import { utf8Decode } from '../../../core/index.ts'
import { trainBpe, trainSupertokens, trainTwoStage, type Tokenizer } from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import type { Kind, KindView, SupertokenCalls } from './protocol.ts'

const SHOWN = 1200
const MOST_WORDS = 6

answerCalls<SupertokenCalls>({
  async train({ text, vocabSize }, progress) {
    const common = { vocabSize, minFrequency: 2, maxTokenLength: 30 }
    const plain = await trainBpe([text], { ...common, pattern: 'cl100k', threads: 1, name: 'plain' })
    progress(0.3)
    const supertokens = await trainSupertokens([text], { ...common, nfc: false })
    progress(0.7)
    const twoStage = await trainTwoStage([text], { ...common, nfc: false })
    progress(1)
    return [
      viewOf('plain', plain, text),
      viewOf('supertokens', supertokens, text),
      viewOf('two-stage', twoStage, text),
    ]
  },
})

function viewOf(kind: Kind, tokenizer: Tokenizer, text: string): KindView {
  const ids = tokenizer.encode(text, { template: false, specials: 'text' })
  const { vocab } = tokenizer.spec.model
  const histogram = Array.from({ length: MOST_WORDS + 1 }, () => 0)
  const several: { text: string; words: number }[] = []
  for (let id = 0; id < vocab.size; id++) {
    const token = utf8Decode(vocab.bytesOf(id))
    const words = token.match(/[\p{L}\p{M}\p{N}]+/gu)?.length ?? 0
    histogram[Math.min(words, MOST_WORDS)]!++
    if (words > 1) several.push({ text: token, words })
  }
  several.sort((a, b) => b.words - a.words || b.text.length - a.text.length)
  return {
    kind,
    vocabulary: tokenizer.vocabSize,
    tokens: ids.length,
    tiles: Array.from(ids.subarray(0, SHOWN), (id) => utf8Decode(vocab.bytesOf(id))),
    histogram,
    longest: several.slice(0, 24).map(({ text }) => text),
  }
}
