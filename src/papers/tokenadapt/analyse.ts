// The method on a person's files: the three kinds of vocabulary trained on them, and their tokens.
import { TesseraError, throwIfCancelled, utf8DecodeStrict, type LongWork } from '../../core/index.ts'
import type { PaperFile } from '../paper.ts'
import { type Kind, KINDS } from './result.ts'
import { trainKinds } from './train.ts'
import { wordCounts } from './words.ts'

export interface FileReport {
  name: string
  bytes: number
  rows: { kind: Kind; vocabulary: number; tokens: number }[]
  longest: string[]
}

/** Throws TEXT_NOT_UTF8, TRAINING_IMPOSSIBLE, CANCELLED. */
export async function analyse(
  files: readonly PaperFile[],
  vocabSize: number,
  seed: number,
  work: LongWork,
): Promise<FileReport[]> {
  const texts = files.map(({ name, bytes }) => utf8DecodeStrict(bytes, name))
  if (texts.every((text) => text === '')) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to train on', {
      hint: 'Give a file that is not empty',
    })
  }
  const trained = await trainKinds(texts, { ...work, vocabSize, seed })
  const { longest } = wordCounts(trained.supertokens.tokenizer)
  return files.map(({ name, bytes }, i) => {
    throwIfCancelled(work.signal)
    return {
      name,
      bytes: bytes.length,
      rows: KINDS.map((kind) => {
        const { tokenizer } = trained[kind]
        const tokens = tokenizer.count(texts[i]!, { specials: 'text', template: false })
        return { kind, vocabulary: tokenizer.vocabSize, tokens }
      }),
      longest,
    }
  })
}
