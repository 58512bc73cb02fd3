// What it costs when a tokenizer meets another kind of text than it was trained on: tokens per character of
// every tokenizer on every domain, and how much worse each is than the one made for that domain.
import { throwIfCancelled } from '../core/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import type { Documents } from './measure.ts'
import { addSizes, textSize, type TextSize } from './text-size.ts'

export interface TrainedFor {
  /** The domain that it was trained on, as in `Domain`; any other name has no diagonal. */
  domain: string
  tokenizer: Tokenizer
}

export interface Domain {
  domain: string
  documents: Documents
}

export interface MismatchCell {
  trainedOn: string
  testedOn: string
  tokens: number
  size: TextSize
  /** Per character, or per byte where documents are raw bytes; null for an empty domain. */
  tokensPerUnit: number | null
  /** By the tokens of the tokenizer that was trained on this domain; null when there is none. */
  excess: number | null
}

/** `[domains][tokenizers]`, as rows of the domains in order. Throws what `count` throws, and CANCELLED. */
export async function mismatchMatrix(
  trained: readonly TrainedFor[],
  domains: readonly Domain[],
  signal?: AbortSignal,
): Promise<MismatchCell[][]> {
  const rows: MismatchCell[][] = []
  for (const { domain, documents } of domains) {
    const tokens = trained.map(() => 0)
    let size: TextSize = { bytes: 0, chars: 0, words: 0 }
    for await (const document of documents) {
      throwIfCancelled(signal)
      size = addSizes(size, textSize(document))
      trained.forEach(({ tokenizer }, i) => {
        tokens[i]! += tokenizer.count(document, { template: false })
      })
    }
    const units = size.chars ?? size.bytes
    const own = tokens[trained.findIndex((one) => one.domain === domain)]
    rows.push(
      trained.map((one, i) => ({
        trainedOn: one.domain,
        testedOn: domain,
        tokens: tokens[i]!,
        size,
        tokensPerUnit: units === 0 ? null : tokens[i]! / units,
        excess: own ? tokens[i]! / own : null,
      })),
    )
  }
  return rows
}
