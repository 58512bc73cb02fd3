// The three vocabularies that are compared: plain byte-pair encoding within words, supertokens, and the
// two-stage rule, of equal size on equal text.
import type { LongWork } from '../../core/index.ts'
import { trainBpe, trainSupertokens, trainTwoStage, type Tokenizer } from '../../tokenizer/index.ts'
import type { Kind } from './result.ts'

export interface TrainSettings extends LongWork {
  vocabSize: number
  /** Of the random chunks. */
  seed: number
}

/** Throws what training throws. No kind changes the text (NFC is off), so bytes per token compare. */
export async function trainKinds(
  texts: readonly string[],
  { vocabSize, seed, signal, onProgress }: TrainSettings,
): Promise<Record<Kind, { tokenizer: Tokenizer; seconds: number }>> {
  const timed = async (name: Kind, train: (work: LongWork) => Promise<Tokenizer>) => {
    const from = performance.now()
    const tokenizer = await train({
      signal,
      onProgress: onProgress && ((p) => onProgress({ ...p, stage: `${name}: ${p.stage}` })),
    })
    return { tokenizer, seconds: (performance.now() - from) / 1000 }
  }
  const common = { vocabSize, minFrequency: 2, maxTokenLength: 30 }
  return {
    plain: await timed('plain', (work) =>
      trainBpe(texts, { ...common, pattern: 'cl100k', threads: 1, name: 'plain', ...work }),
    ),
    supertokens: await timed('supertokens', (work) =>
      trainSupertokens(texts, { ...common, seed, nfc: false, ...work }),
    ),
    'two-stage': await timed('two-stage', (work) => trainTwoStage(texts, { ...common, nfc: false, ...work })),
  }
}
