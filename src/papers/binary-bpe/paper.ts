// Binary BPE: A Family of Cross-Platform Tokenizers for Binary Analysis (Bommarito 2025, arXiv 2511.17573).
// The method is in `tokenizer/binary`; here it runs on a person's files, or as the paper's experiment.
import { throwIfCancelled } from '../../core/index.ts'
import { BinaryTokenizer, resolveTokenizer } from '../../tokenizer/index.ts'
import type { PaperInput, PaperReport, RunOptions } from '../paper.ts'
import { readResult } from '../experiment/result-file.ts'
import { analyse, type FileReport } from './analyse.ts'
import type { BinaryBpeResult } from './result.ts'
import { experimentReport } from '../experiment/tables.ts'
import { filesOf } from '../input.ts'
import { fileTables, resultTables } from './tables.ts'

export type { FileReport } from './analyse.ts'

export interface BinaryBpeOptions extends RunOptions {
  /** The family to encode with. Default: the vocabulary `binary-16k` that ships. */
  vocabulary?: BinaryTokenizer
}

export type BinaryBpeReport = { files: FileReport[] } | { experiment: BinaryBpeResult }

export const binaryBpe = {
  result: () => readResult(new URL('./result.json', import.meta.url)) as Promise<BinaryBpeResult | null>,

  /**
   * Encodes files with the family, or with `experiment` runs the whole experiment (Node only: fetches
   * about 150 MB of programs once, then takes some minutes; in a checkout it also writes the vocabulary that
   * ships, `vocabularies/binary-16k.tess`). Throws ARGUMENT_INVALID, CANCELLED, and
   * what loading the vocabulary or fetching the programs throws.
   */
  async run(input: PaperInput, options: BinaryBpeOptions = {}): Promise<PaperReport<BinaryBpeReport>> {
    if (options.experiment) {
      const { runExperiment } = await import('./experiment.ts')
      return experimentReport(await runExperiment(options), resultTables)
    }
    const files = filesOf(input, { what: 'file to encode', files: 'programs or libraries' })
    const vocabulary = options.vocabulary ?? BinaryTokenizer.fromSpec(await resolveTokenizer('binary-16k'))
    const reports: FileReport[] = []
    for (const [i, file] of files.entries()) {
      throwIfCancelled(options.signal)
      options.onProgress?.({ stage: `encoding ${file.name}`, done: i, total: files.length, unit: 'files' })
      reports.push(analyse(vocabulary, file, { signal: options.signal }))
    }
    return {
      tables: reports.flatMap(fileTables),
      notes: ['A token counts for the section in which it begins; each file is encoded as one sequence.'],
      data: { files: reports },
    }
  },
}
