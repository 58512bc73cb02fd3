// The method on a person's file: its lines in batches, merged part of the way and all the way.
import { throwIfCancelled, utf8Decode, utf8DecodeStrict, type LongWork } from '../../core/index.ts'
import { dynamicTokenizer, type Boundary, type Tokenizer } from '../../tokenizer/index.ts'
import type { PaperFile } from '../paper.ts'
import { BATCH, unitsOf } from './measure.ts'

const STEPS = [0, 0.25, 0.4, 0.5, 0.75, 1]

export interface FileReport {
  name: string
  /** Lines that hold anything; each is a text of a batch. */
  texts: number
  bases: {
    base: string
    boundary: Boundary
    baseTokens: number
    steps: { reduction: number; merges: number; tokens: number }[]
    /** The tokens made last in the first batch: the longest that its texts share. */
    longest: string[]
  }[]
}

/** Throws TEXT_NOT_UTF8, CANCELLED. */
export async function analyse(
  file: PaperFile,
  tokenizers: readonly Tokenizer[],
  boundary: Boundary,
  work: LongWork = {},
): Promise<FileReport> {
  const texts = unitsOf(utf8DecodeStrict(file.bytes, file.name))
  const bases: FileReport['bases'] = []
  for (const tokenizer of tokenizers) {
    const dynamic = await dynamicTokenizer(tokenizer, { boundary, template: false, specials: 'text' })
    const steps = STEPS.map((reduction) => ({ reduction, merges: 0, tokens: 0 }))
    const longest: string[] = []
    let baseTokens = 0
    for (let from = 0; from < texts.length; from += BATCH) {
      throwIfCancelled(work.signal)
      work.onProgress?.({ stage: `merging ${file.name}`, done: from, total: texts.length, unit: 'items' })
      const batch = await dynamic.merge(texts.slice(from, from + BATCH), { signal: work.signal })
      const lengths = batch.lengths()
      baseTokens += lengths[0]!
      for (const step of steps) {
        const wanted = lengths[0]! - step.reduction * (lengths[0]! - lengths[batch.merges]!)
        let merges = 0
        while (lengths[merges]! > wanted + 1e-9) merges++
        step.tokens += lengths[merges]!
        if (from === 0) step.merges = merges
      }
      if (from === 0) {
        for (let n = batch.merges; n > 0; n--) longest.push(utf8Decode(batch.merge(n).made.bytes))
        longest.sort((a, b) => b.length - a.length)
        longest.length = Math.min(longest.length, 20)
      }
    }
    bases.push({ base: tokenizer.name, boundary, baseTokens, steps, longest })
  }
  return { name: file.name, texts: texts.length, bases }
}
