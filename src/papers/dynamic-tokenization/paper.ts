// Retrofitting (Large) Language Models with Dynamic Tokenization (Feher, Vulić, Minixhofer 2024, arXiv
// 2411.18553). The method is in `tokenizer/dynamic`; here it runs on a person's texts, or as the paper's
// experiment. Embeddings of merged tokens come with the room that adapts models.
import { loadTokenizer, type Boundary } from '../../tokenizer/index.ts'
import { readResult } from '../experiment/result-file.ts'
import { experimentReport } from '../experiment/tables.ts'
import { filesOf } from '../input.ts'
import type { PaperInput, PaperReport, RunOptions } from '../paper.ts'
import { analyse, type FileReport } from './analyse.ts'
import type { DynamicTokenizationResult } from './result.ts'
import { detailTables, fileTables } from './tables.ts'

export interface DynamicTokenizationOptions extends RunOptions {
  /** Names or paths of base tokenizers. Default: gpt2 and o200k_base. */
  tokenizers?: readonly string[]
  /** How far merges may reach. Default `pretokens`. */
  boundary?: Boundary
}

export type DynamicTokenizationReport = { files: FileReport[] } | { experiment: DynamicTokenizationResult }

export const dynamicTokenization = {
  result: () =>
    readResult(new URL('./result.json', import.meta.url)) as Promise<DynamicTokenizationResult | null>,

  /**
   * Merges the lines of text files in batches of 32; with `experiment` runs the paper's experiment (Node, in a
   * checkout; about a minute). Throws ARGUMENT_INVALID, TEXT_NOT_UTF8, FILE_NOT_FOUND, CANCELLED, and what
   * loading a tokenizer throws.
   */
  async run(
    input: PaperInput,
    options: DynamicTokenizationOptions = {},
  ): Promise<PaperReport<DynamicTokenizationReport>> {
    if (options.experiment) {
      const { runExperiment } = await import('./experiment.ts')
      return experimentReport(await runExperiment(options), detailTables)
    }
    const files = filesOf(input, { what: 'text to merge', files: 'text files' })
    const { tokenizers = ['gpt2', 'o200k_base'], boundary = 'pretokens' } = options
    const loaded = await Promise.all(tokenizers.map((name) => loadTokenizer(name)))
    const reports: FileReport[] = []
    for (const file of files) reports.push(await analyse(file, loaded, boundary, options))
    return {
      tables: reports.flatMap(fileTables),
      notes: [
        'Every line is a text; 32 lines are a batch, merged by itself. 0 % are the base tokens, 100 % what is left when no pair may be merged.',
      ],
      data: { files: reports },
    }
  },
}
