// Say Anything but This: When Tokenizer Betrays Reasoning in LLMs (Ayoobi et al. 2026, arXiv 2601.14658).
// The audit and the probe are in `measure/consistency`; here the audit runs on a person's texts, or as an experiment.
import { utf8DecodeStrict } from '../../core/index.ts'
import { auditTokenizer, type AuditReport } from '../../measure/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'
import { readResult } from '../experiment/result-file.ts'
import { experimentReport } from '../experiment/tables.ts'
import { filesOf } from '../input.ts'
import type { PaperInput, PaperReport, RunOptions } from '../paper.ts'
import type { ConsistencyResult } from './result.ts'
import { auditTable, detailTables } from './tables.ts'

export interface ConsistencyOptions extends RunOptions {
  /** Names or paths of tokenizers. Default: o200k_base. */
  tokenizers?: readonly string[]
}

export type ConsistencyReport = { audits: AuditReport[] } | { experiment: ConsistencyResult }

export const tokenizationConsistency = {
  result: () => readResult(new URL('./result.json', import.meta.url)) as Promise<ConsistencyResult | null>,

  /**
   * Audits a tokenizer on text files; with `experiment` runs the part of the paper that needs no model (Node, in a
   * checkout; about a minute). Throws ARGUMENT_INVALID, TEXT_NOT_UTF8, FILE_NOT_FOUND, CANCELLED, and what
   * loading a tokenizer throws.
   */
  async run(input: PaperInput, options: ConsistencyOptions = {}): Promise<PaperReport<ConsistencyReport>> {
    if (options.experiment) {
      const { runExperiment } = await import('./experiment.ts')
      return experimentReport(await runExperiment(options), detailTables)
    }
    const files = filesOf(input, { what: 'text to audit', files: 'text files' })
    const parts = files.map(({ name, bytes }) => ({ document: name, text: utf8DecodeStrict(bytes, name) }))
    const audits: AuditReport[] = []
    for (const name of options.tokenizers ?? ['o200k_base']) {
      audits.push(await auditTokenizer(await loadTokenizer(name), parts, options))
    }
    return {
      tables: audits.map(auditTable),
      notes: [
        'tessera audit shows the same for any tokenizer and whole folders, and probes a model behind a URL.',
      ],
      data: { audits },
    }
  },
}
