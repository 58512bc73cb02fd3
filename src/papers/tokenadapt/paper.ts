// Achieving Tokenizer Flexibility in Language Models through Heuristic Adaptation and Supertoken Learning
// (Sharthak et al. 2025, arXiv 2505.09738). Of its two parts the supertokens are here, with their method in
// `tokenizer/train/supertokens`; the transplant of embeddings comes with the room that adapts models.
import { readResult } from '../experiment/result-file.ts'
import { experimentReport } from '../experiment/tables.ts'
import { filesOf } from '../input.ts'
import type { PaperInput, PaperReport, RunOptions } from '../paper.ts'
import { analyse, type FileReport } from './analyse.ts'
import type { TokenAdaptResult } from './result.ts'
import { detailTables, fileTables } from './tables.ts'

export interface TokenAdaptOptions extends RunOptions {
  /** Tokens of each vocabulary that is trained on the input. Default 4096. */
  vocabSize?: number
}

export type TokenAdaptReport = { files: FileReport[] } | { experiment: TokenAdaptResult }

export const tokenadapt = {
  result: () => readResult(new URL('./result.json', import.meta.url)) as Promise<TokenAdaptResult | null>,

  /**
   * Trains plain BPE, supertokens and two-stage BPE of equal size on text files and counts their tokens; with
   * `experiment` runs the supertoken part of the paper's experiment (Node, in a checkout; some minutes).
   * Throws ARGUMENT_INVALID, TEXT_NOT_UTF8, TRAINING_IMPOSSIBLE, FILE_NOT_FOUND, CANCELLED.
   */
  async run(input: PaperInput, options: TokenAdaptOptions = {}): Promise<PaperReport<TokenAdaptReport>> {
    if (options.experiment) {
      const { runExperiment } = await import('./experiment.ts')
      return experimentReport(await runExperiment(options), detailTables)
    }
    const files = filesOf(input, { what: 'text to train on', files: 'text files' })
    const { vocabSize = 4096, seed = 1 } = options
    const reports = await analyse(files, vocabSize, seed, options)
    return {
      tables: reports.flatMap(fileTables),
      notes: [
        'All three are trained on the very files that they are counted on, so the counts are of seen text. The transplant part of the paper needs a model and is not here yet.',
      ],
      data: { files: reports },
    }
  },
}
