// Emergent Semantics Beyond Token Embeddings: Transformer LMs with Frozen Visual Unicode Representations
// (Bochkov 2025, arXiv 2507.04886). Here are its tokenizer and its table of glyph vectors, which live in
// `tokenizer/unicode-centric` and `tokenizer/glyphs`; the language models that read them come with the model room.
import { loadTokenizer, loadUnicodeCentric, shippedFont } from '../../tokenizer/index.ts'
import { readResult } from '../experiment/result-file.ts'
import { experimentReport } from '../experiment/tables.ts'
import { filesOf } from '../input.ts'
import type { PaperInput, PaperReport, RunOptions } from '../paper.ts'
import { analyse, type FileReport } from './analyse.ts'
import type { VisualUnicodeResult } from './result.ts'
import { fileTables, furtherTables } from './tables.ts'

export type VisualUnicodeReport = { files: FileReport[] } | { experiment: VisualUnicodeResult }

export const visualUnicode = {
  result: () => readResult(new URL('./result.json', import.meta.url)) as Promise<VisualUnicodeResult | null>,

  /**
   * Tokenizes text files beside other tokenizers, by script and kind of id; or with `experiment` runs the whole
   * experiment (in a checkout; two minutes or so; it also writes the n-grams and the font's pixels that ship).
   * Throws ARGUMENT_INVALID, TEXT_NOT_UTF8, CANCELLED, and what loading throws.
   */
  async run(input: PaperInput, options: RunOptions = {}): Promise<PaperReport<VisualUnicodeReport>> {
    if (options.experiment) {
      const { runExperiment } = await import('./experiment.ts')
      return experimentReport(await runExperiment(options), furtherTables)
    }
    const files = filesOf(input, { what: 'text to tokenize', files: 'text files' })
    const [tokenizer, font, o200k] = await Promise.all([
      loadUnicodeCentric(),
      shippedFont(),
      loadTokenizer('o200k_base'),
    ])
    const reports: FileReport[] = []
    for (const [i, file] of files.entries()) {
      options.onProgress?.({ stage: `tokenizing ${file.name}`, done: i, total: files.length, unit: 'files' })
      reports.push(await analyse(tokenizer, font, o200k, file, options))
    }
    return {
      tables: reports.flatMap(fileTables),
      notes: [
        'The BPE is trained on the very text that it is measured on, so it is an upper bound; its vocabulary is what the text has room for.',
        'Unicode-centric: a character of the Basic Multilingual Plane is its code point; what has no id becomes its UTF-8 bytes, one token each.',
      ],
      data: { files: reports },
    }
  },
}
