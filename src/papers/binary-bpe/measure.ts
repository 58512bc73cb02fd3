// The measurements of the experiment: tokens of each file at each size, and what follows from them.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'
import { FIRST_BYTE_ID, sections, tokensBySection, type BinaryTokenizer } from '../../tokenizer/index.ts'
import type { FileSpread, GroupResult, SizeResult } from './result.ts'

export interface TestFile {
  name: string
  format: string
  architectures: string[]
  bytes: Uint8Array
}

export interface FamilyMeasure {
  /** `[sizes][files]` number of tokens. */
  tokens: number[][]
  /** `[sizes]` how many different ids occur. */
  used: number[]
  /** `[sizes]` bits per byte. */
  entropy: number[]
  /** `[sizes][files]` whether decoding gives the same bytes. */
  lossless: boolean[][]
}

/** Encodes every file at every size, gives way to the event loop between files, checks the way back. */
export async function measureFamily(
  tokenizer: BinaryTokenizer,
  files: readonly TestFile[],
  sizes: readonly number[],
  work: LongWork,
): Promise<FamilyMeasure> {
  const total = sizes.length * files.reduce((sum, file) => sum + file.bytes.length, 0)
  const measure: FamilyMeasure = { tokens: [], used: [], entropy: [], lossless: [] }
  let done = 0
  for (const size of sizes) {
    const counts = new Float64Array(size)
    const tokens: number[] = []
    const lossless: boolean[] = []
    for (const { bytes } of files) {
      await breathe(work)
      const ids = tokenizer.encode(bytes, { size })
      for (let i = 0; i < ids.length; i++) counts[ids[i]!]!++
      tokens.push(ids.length)
      lossless.push(isSame(tokenizer.decode(ids), bytes))
      done += bytes.length
      work.onProgress?.({ stage: 'encoding held-out files at every size', done, total, unit: 'bytes' })
    }
    const all = tokens.reduce((sum, n) => sum + n, 0)
    let bits = 0
    for (const n of counts) if (n > 0) bits -= n * Math.log2(n / all)
    measure.tokens.push(tokens)
    measure.used.push(counts.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0))
    measure.entropy.push(bits / (total / sizes.length))
    measure.lossless.push(lossless)
  }
  return measure
}

/** `[files]` number of tokens at one size. */
export async function countTokens(
  tokenizer: BinaryTokenizer,
  files: readonly TestFile[],
  size: number,
  work: LongWork,
  stage: string,
): Promise<number[]> {
  const total = files.reduce((sum, file) => sum + file.bytes.length, 0)
  const tokens: number[] = []
  let done = 0
  for (const { bytes } of files) {
    await breathe(work)
    tokens.push(tokenizer.count(bytes, { size }))
    work.onProgress?.({ stage, done: (done += bytes.length), total, unit: 'bytes' })
  }
  return tokens
}

export function familyResults(
  tokenizer: BinaryTokenizer,
  files: readonly TestFile[],
  sizes: readonly number[],
  measure: FamilyMeasure,
): SizeResult[] {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0)
  return sizes.map((size, s) => {
    const tokens = measure.tokens[s]!
    const lengths = lengthsOf(tokenizer, size)
    return {
      size,
      bytesPerToken: bytes / tokens.reduce((sum, n) => sum + n, 0),
      overFiles: spreadOf(files.map((file, f) => file.bytes.length / tokens[f]!)),
      vocabularyUsed: measure.used[s]! / size,
      entropyBitsPerByte: measure.entropy[s]!,
      meanTokenBytes: lengths.mean,
      shareByLength: lengths.shares,
    }
  })
}

/** Bytes per token, at one size, of the sections of each kind over all files. */
export async function kindResults(
  tokenizer: BinaryTokenizer,
  files: readonly TestFile[],
  size: number,
  work: LongWork,
): Promise<GroupResult[]> {
  const kinds = new Map<string, { files: number; bytes: number; tokens: number }>()
  for (const [f, { bytes }] of files.entries()) {
    await breathe(work)
    const list = sections(bytes)
    const tokens = tokensBySection(tokenizer, tokenizer.encode(bytes, { size }), list)
    const seen = new Set<string>()
    for (const [i, { kind, start, end }] of list.entries()) {
      const sum = kinds.get(kind) ?? { files: 0, bytes: 0, tokens: 0 }
      if (!seen.has(kind)) sum.files++
      seen.add(kind)
      sum.bytes += end - start
      sum.tokens += tokens[i]!
      kinds.set(kind, sum)
    }
    work.onProgress?.({ stage: 'kinds of sections', done: f + 1, total: files.length, unit: 'files' })
  }
  return [...kinds]
    .map(([name, { files, bytes, tokens }]) => ({ name, files, bytes, bytesPerToken: [bytes / tokens] }))
    .sort((a, b) => b.bytes - a.bytes)
}

/** Bytes per token, by size, of the files of each group that has any. */
export function groupResults(
  files: readonly TestFile[],
  tokens: readonly (readonly number[])[],
  groupOf: (file: TestFile) => string,
): GroupResult[] {
  const names = [...new Set(files.map(groupOf))].sort()
  return names.map((name) => {
    const members = files.map((file, f) => (groupOf(file) === name ? f : -1)).filter((f) => f >= 0)
    const bytes = members.reduce((sum, f) => sum + files[f]!.bytes.length, 0)
    return {
      name,
      files: members.length,
      bytes,
      bytesPerToken: tokens.map((row) => bytes / members.reduce((sum, f) => sum + row[f]!, 0)),
    }
  })
}

/** All bytes of the files of each format by all their tokens. */
export function byFormat(
  files: readonly TestFile[],
  tokens: readonly number[],
): { ELF: number; PE: number; 'Mach-O': number } {
  const of = (format: string) => {
    let bytes = 0
    let count = 0
    for (const [f, file] of files.entries()) {
      if (file.format !== format) continue
      bytes += file.bytes.length
      count += tokens[f]!
    }
    return bytes / count
  }
  return { ELF: of('ELF'), PE: of('PE'), 'Mach-O': of('Mach-O') }
}

export function spreadOf(values: readonly number[]): FileSpread {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  const mean = sorted.reduce((sum, x) => sum + x, 0) / n
  const squares = sorted.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  return {
    files: n,
    mean,
    deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : 0,
    min: sorted[0]!,
    median: n % 2 === 1 ? sorted[(n - 1) / 2]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2,
    max: sorted[n - 1]!,
  }
}

function lengthsOf(tokenizer: BinaryTokenizer, size: number): { mean: number; shares: number[] } {
  const { offsets } = tokenizer.vocab
  const counts: number[] = []
  for (let id = FIRST_BYTE_ID; id < size; id++) {
    const length = offsets[id + 1]! - offsets[id]!
    counts[length - 1] = (counts[length - 1] ?? 0) + 1
  }
  const n = size - FIRST_BYTE_ID
  return {
    mean: (offsets[size]! - offsets[FIRST_BYTE_ID]!) / n,
    shares: Array.from(counts, (count) => (count ?? 0) / n),
  }
}

/** Lets timers and signals run, then throws if the work was cancelled. */
export async function breathe(work: LongWork): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
  throwIfCancelled(work.signal)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
