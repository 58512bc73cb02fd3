// Training BPE: MB of text per CPU-second and peak memory, at the one setting that the native trainer has
// (30,000 tokens, any frequency, each line a text). Both must learn the same merges, or there is no result.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { BenchOptions, BenchRow } from './harness.ts'
import {
  inFolder,
  MILLION,
  mixedCorpus,
  peakMemory,
  rounds,
  trainerPackages,
  trainerRow,
} from './trainers.ts'

export const packages: string[] = trainerPackages

type Setting = 'byte-level' | 'whitespace'

interface Job {
  file: string
  setting: Setting
}

interface Trained {
  /** Of the merges, to see that both learned the same. */
  digest: string
  /** Resident memory in bytes, at its highest before the digest was made. */
  peak: number
}

/** Trains ours; returns a digest of the merges. Runs in a process of its own. */
export async function tessera({ file, setting }: Job): Promise<Trained> {
  const { trainBpeSpec } = await import('../src/tokenizer/train/train-bpe.ts')
  const { spec } = await trainBpeSpec(
    { files: file },
    {
      vocabSize: 30_000,
      minFrequency: 0,
      documents: 'lines',
      initialAlphabet: 'seen',
      ...(setting === 'byte-level' ? { pattern: 'gpt2' } : { base: 'characters', pattern: 'whitespace' }),
    },
  )
  const { model } = spec
  if (model.type !== 'BPE' || !model.merges) throw new Error('no merges')
  const peak = peakMemory()
  const { vocab, merges } = model
  const hash = createHash('sha256')
  for (let i = 0; i < merges.length; i += 2) {
    hash.update(`${vocab.stringOf(merges[i]!)} ${vocab.stringOf(merges[i + 1]!)}\n`)
  }
  return { digest: hash.digest('hex'), peak }
}

/** Trains the peer; returns a digest of the merges. Runs in a process of its own. */
export async function native({ file, setting }: Job): Promise<Trained> {
  const { BPE, byteLevelPreTokenizer, Tokenizer, whitespacePreTokenizer } = await import('tokenizers')
  const tokenizer = new Tokenizer(BPE.init({}, []))
  tokenizer.setPreTokenizer(
    setting === 'byte-level' ? byteLevelPreTokenizer(false) : whitespacePreTokenizer(),
  )
  tokenizer.train([file])
  const peak = peakMemory()
  // Merges can only be read from a saved file.
  tokenizer.save(`${file}.json`)
  const { model } = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as {
    model: { merges: [string, string][] }
  }
  const hash = createHash('sha256')
  for (const [left, right] of model.merges) hash.update(`${left} ${right}\n`)
  return { digest: hash.digest('hex'), peak }
}

export default function run({ full }: BenchOptions): Promise<BenchRow[]> {
  return inFolder(async (folder) => {
    const { file, bytes } = mixedCorpus(folder, full ? [9, 8, 5] : [4, 4, 2])
    const rows: BenchRow[] = []
    for (const setting of ['byte-level', 'whitespace'] as const) {
      const { speeds, peaks } = await rounds<Trained>(
        import.meta.url,
        { file, setting } satisfies Job,
        { count: full ? 3 : 2, bytes, label: `${setting}, ` },
        ({ tessera, native }) => {
          if (tessera.digest !== native.digest) {
            throw new Error(`${setting}: the trainers learned different merges`)
          }
        },
      )
      const name = `${setting} ${Math.round(bytes / MILLION)} MB`
      rows.push(
        trainerRow(name, ['speed', 'MB/CPU-s'], speeds, true),
        trainerRow(name, ['memory', 'MB peak'], peaks),
      )
    }
    return rows
  })
}
