// The whole audit: a vocabulary, and if there are any, texts. One call, progress, cancellation, bounded memory.
import type { LongWork } from '../../core/index.ts'
import { throwIfCancelled } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { CorpusMeter, type AuditPart, type CorpusAudit } from './corpus.ts'
import { findingsOf, watchGroups, type Finding } from './findings.ts'
import { pause } from './pause.ts'
import { auditVocabulary, type VocabularyAudit } from './vocabulary.ts'

/** Longer parts are cut here, in UTF-16 units, at the end of a line where there is one. */
const PART_UNITS = 1 << 18

export interface AuditOptions extends LongWork {
  /** Seed of the sampled cuts. Default 1. */
  seed?: number
  /** An audit of the same tokenizer's vocabulary, when it is at hand. */
  vocabulary?: VocabularyAudit
  /** For progress: bytes of all texts, where known. */
  totalBytes?: number
}

export interface AuditReport {
  tokenizer: string
  vocabSize: number
  findings: Finding[]
  vocabulary: VocabularyAudit
  /** null: no texts were given. */
  corpus: CorpusAudit | null
}

/**
 * Audits a tokenizer, and what it does to the given texts. Texts are taken one part at a time; whatever their
 * size, memory stays bounded. Throws CANCELLED and what reading the texts throws.
 */
export async function auditTokenizer(
  tokenizer: Tokenizer,
  texts: Iterable<AuditPart> | AsyncIterable<AuditPart> | null = null,
  options: AuditOptions = {},
): Promise<AuditReport> {
  const { signal, onProgress, totalBytes } = options
  const vocabulary = options.vocabulary ?? (await auditVocabulary(tokenizer, { signal, onProgress }))
  const meter = texts && new CorpusMeter(tokenizer, options.seed)
  const groups = meter && watchGroups(meter, vocabulary)
  let done = 0
  for await (const part of texts ?? []) {
    for (const text of cut(part.text)) {
      throwIfCancelled(signal)
      meter!.add({ document: part.document, text }, { signal })
      done += text.length
      onProgress?.({ stage: 'auditing texts', done, total: totalBytes, unit: 'bytes' })
      await pause()
    }
  }
  const corpus = meter && meter.result()
  return {
    tokenizer: tokenizer.name,
    vocabSize: tokenizer.vocabSize,
    findings: findingsOf({
      tokenizer,
      vocabulary,
      texts: corpus && { corpus, meter: meter!, groups: groups! },
    }),
    vocabulary,
    corpus,
  }
}

function* cut(text: string): Generator<string> {
  for (let from = 0; from < text.length || from === 0;) {
    let to = Math.min(text.length, from + PART_UNITS)
    if (to < text.length) {
      const line = text.lastIndexOf('\n', to - 1) + 1
      if (line > from) to = line
      // Never between the two units of one character.
      else if ((text.charCodeAt(to) & 0xfc00) === 0xdc00) to--
    }
    yield text.slice(from, to)
    from = to
    if (from === 0) break
  }
}
