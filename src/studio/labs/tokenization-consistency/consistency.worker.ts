// The lab's worker: the encodings of every word, findings on the text, pasted ids, and what typing changes.
import { utf8Decode } from '../../../core/index.ts'
import {
  auditTokenizer,
  auditVocabulary,
  canonicalize,
  logEncodings,
  prefixSteps,
  type VocabularyAudit,
  wordEncodings,
} from '../../../measure/index.ts'
import { loadTokenizer, type Tokenizer } from '../../../tokenizer/index.ts'
import { answerCalls } from '../../worker/calls.ts'
import { VOCABULARIES } from '../../worker/vocabularies.ts'
import type { ConsistencyCalls } from './protocol.ts'

const MOST_WORDS = 600
/** Time for prefixes grows with the square of the text. */
const MOST_PREFIX = 300

const loaded = new Map<string, Tokenizer>()
const audited = new Map<string, VocabularyAudit>()

async function tokenizerOf(name: string): Promise<Tokenizer> {
  const found = loaded.get(name) ?? (await loadTokenizer(name, { base: VOCABULARIES }))
  loaded.set(name, found)
  return found
}

const bytesText = (tokenizer: Tokenizer, ids: ArrayLike<number>) =>
  Array.from(ids, (id) => utf8Decode(tokenizer.decodeBytes([id], { skipSpecials: false })))

answerCalls<ConsistencyCalls>({
  async heat({ text, tokenizer: name }) {
    const tokenizer = await tokenizerOf(name)
    const words = []
    let from = 0
    for (const match of text.matchAll(/[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu)) {
      if (words.length === MOST_WORDS) break
      const word = match[0]
      const spaced = text[match.index - 1] === ' ' ? ` ${word}` : word
      words.push({
        before: text.slice(from, match.index),
        word,
        bits: Math.max(0, logEncodings(tokenizer, spaced)),
      })
      from = match.index + word.length
    }
    const prefixText = text.slice(0, MOST_PREFIX)
    return {
      words,
      rest: text.slice(from, from + 2000),
      prefixText,
      prefixes: prefixSteps(tokenizer, prefixText).map(({ end, changed }) => ({ end, changed })),
    }
  },

  async audit({ text, tokenizer: name }, progress) {
    const tokenizer = await tokenizerOf(name)
    let vocabulary = audited.get(name)
    if (!vocabulary) {
      vocabulary = await auditVocabulary(tokenizer, {
        onProgress: ({ done, total }) => progress(total ? (0.9 * done) / total : 0.3),
      })
      audited.set(name, vocabulary)
    }
    const { findings } = await auditTokenizer(tokenizer, [{ document: 'your text', text }], { vocabulary })
    return { findings }
  },

  async word({ word, tokenizer: name }) {
    const tokenizer = await tokenizerOf(name)
    const found = wordEncodings(tokenizer, word, 8)
    return {
      count: String(found.count),
      spacedCount: String(found.spacedCount),
      own: bytesText(tokenizer, found.spacedCanonical),
      others: found.spacedAlternatives.map((ids) => bytesText(tokenizer, ids)),
    }
  },

  async canonical({ ids, tokenizer: name }) {
    const tokenizer = await tokenizerOf(name)
    const found = canonicalize(tokenizer, ids)
    const tiles = bytesText(tokenizer, ids)
    return {
      text: tokenizer.decode(ids),
      canonical: found.canonical,
      given: tiles.map((text, i) => ({
        text,
        run: found.runs.some(({ start, end }) => i >= start && i < end),
      })),
      repaired: Array.from(found.ids),
      repairedTiles: bytesText(tokenizer, found.ids),
    }
  },
})
