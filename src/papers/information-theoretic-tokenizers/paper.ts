// An Information-Theoretic Perspective on LLM Tokenizers (Erdogan et al. 2026, arXiv 2601.09039).
// The methods are in `measure` and, for LZ-aware merges, in `tokenizer/train-lz`; here they run on a person's
// own text, or as the paper's experiment.
import { throwIfCancelled, utf8DecodeStrict } from '../../core/index.ts'
import { measure, transformSizes, type Measurement, type Transform } from '../../measure/index.ts'
import { loadTokenizer } from '../../tokenizer/index.ts'
import { readResult } from '../experiment/result-file.ts'
import { experimentReport } from '../experiment/tables.ts'
import { filesOf } from '../input.ts'
import type { PaperInput, PaperReport, RunOptions } from '../paper.ts'
import type { InformationResult } from './result.ts'
import { detailTables, ownTables } from './tables.ts'

export interface InformationOptions extends RunOptions {
  /** Names or paths of tokenizers. Default: four that ship. */
  tokenizers?: readonly string[]
}

export type InformationReport =
  | { files: string[]; measured: { measurement: Measurement; transform: Transform }[] }
  | { experiment: InformationResult }

const TOKENIZERS = ['gpt2', 'cl100k_base', 'o200k_base', 'qwen3']

export const informationTheoreticTokenizers = {
  result: () => readResult(new URL('./result.json', import.meta.url)) as Promise<InformationResult | null>,

  /**
   * Measures tokenizers on text files: entropies beside their shuffled control, use of the channel, ids under
   * gzip. With `experiment` the paper's experiment (Node, in a checkout; some minutes). Throws
   * ARGUMENT_INVALID, TEXT_NOT_UTF8, FILE_NOT_FOUND, CANCELLED, and what loading a tokenizer throws.
   */
  async run(input: PaperInput, options: InformationOptions = {}): Promise<PaperReport<InformationReport>> {
    if (options.experiment) {
      const { runExperiment } = await import('./experiment.ts')
      return experimentReport(await runExperiment(options), detailTables)
    }
    const files = filesOf(input, { what: 'text to measure', files: 'text files' })
    const texts = files.map(({ name, bytes }) => utf8DecodeStrict(bytes, name))
    const names = options.tokenizers ?? TOKENIZERS
    const measured = []
    for (const [i, name] of names.entries()) {
      throwIfCancelled(options.signal)
      options.onProgress?.({ stage: `measuring ${name}`, done: i, total: names.length, unit: 'items' })
      const tokenizer = await loadTokenizer(name)
      const measurement = await measure(tokenizer, texts, { seed: options.seed, signal: options.signal })
      const transform = await transformSizes(tokenizer, () => texts, { signal: options.signal })
      measured.push({ measurement, transform })
    }
    return {
      tables: ownTables(measured),
      notes: [
        'The files are one stream. An entropy with * is an artefact of its length: the shuffled copy, whose true value is H1, falls as well.',
      ],
      data: { files: files.map(({ name }) => name), measured },
    }
  },
}
