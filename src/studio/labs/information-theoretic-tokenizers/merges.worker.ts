// The worker of LZ-aware training: merges chosen by compressed size and plain ones, on the same part of the
// reader's text, measured on the other part. One candidate makes the same trainer plain BPE.
import { TesseraError, utf8DecodeStrict, utf8Encode } from '../../../core/index.ts'
import { channelOf, compressedSize } from '../../../measure/index.ts'
import {
  createTokenizer,
  orderByCount,
  serialise,
  trainLzBpeSpec,
  writeTokenizerJson,
  type TokenizerSpec,
} from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { splitText } from './split.ts'
import type { LabDocument, MergeCalls, MergeSide } from './protocol.ts'

const CANDIDATES = 12
const TRAIN_CHARS = 40_000
const TEST_CHARS = 200_000

answerCalls<MergeCalls>({
  async train({ documents, vocabSize }, progress) {
    const texts = documents.flatMap(textOf)
    const { train, test } = splitText(texts, TRAIN_CHARS, TEST_CHARS)
    if (test.length === 0) {
      throw new TesseraError(
        'TRAINING_IMPOSSIBLE',
        'The text is too short to train on one part and test on another',
        {
          hint: 'Take at least a few thousand characters',
        },
      )
    }
    const options = { vocabSize, streamBytes: 4 * TRAIN_CHARS }
    const lz = await trainLzBpeSpec(train, {
      ...options,
      candidates: CANDIDATES,
      onProgress: ({ done, total }) => progress((0.9 * done) / Math.max(total ?? 1, 1)),
    })
    const plain = await trainLzBpeSpec(train, { ...options, candidates: 1 })
    const held = utf8Encode(test.join(''))
    return {
      trainBytes: lz.report.bytes,
      testBytes: held.length,
      vocabSize: lz.report.vocabSize,
      raw: await compressedSize(held, 'gzip'),
      plain: await sideOf(plain.spec, plain.report.seconds, train, test),
      lz: await sideOf(lz.spec, lz.report.seconds, train, test),
      turned: lz.report.turned,
      json: writeTokenizerJson(lz.spec),
    }
  },
})

/** Nothing for a document that is no text: the lab has named it already. */
function textOf({ bytes }: LabDocument): string[] {
  try {
    return [utf8DecodeStrict(bytes)]
  } catch {
    return []
  }
}

async function sideOf(
  spec: TokenizerSpec,
  seconds: number,
  train: readonly string[],
  test: readonly string[],
): Promise<MergeSide> {
  const tokenizer = createTokenizer(spec)
  const { vocabSize } = tokenizer
  const countsOf = (ids: readonly number[]) => {
    const counts = new Float64Array(vocabSize)
    for (const id of ids) counts[id]!++
    return counts
  }
  const idsOf = (texts: readonly string[]) => texts.flatMap((text) => [...tokenizer.encode(text)])
  // The reader of a compressed file knows the tokenizer, and with it the order of its ids by frequency.
  const order = orderByCount(countsOf(idsOf(train)))
  const ids = idsOf(test)
  const { utilisation, utilisation2 } = channelOf(countsOf(ids), vocabSize)
  const merges = []
  for (let id = 256; id < vocabSize; id++) merges.push(new TextDecoder().decode(tokenizer.info(id).bytes))
  return {
    tokens: ids.length,
    compressed: await compressedSize(serialise(ids, { form: 'rank', vocabSize, order }), 'gzip'),
    utilisation: utilisation ?? 0,
    utilisation2: utilisation2 ?? 0,
    seconds,
    merges,
  }
}
