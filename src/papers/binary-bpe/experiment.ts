// The paper's experiment on programs of three platforms: one training run for the whole family, then bytes
// per token on programs of other vendors by size, format and processor; families trained on one format
// only; text tokenizers on the same files; compressed and random bytes as controls.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Random, firstMalformedByte, type LongWork } from '../../core/index.ts'
import { packageRoot, writeFileAtomic } from '../../core/node.ts'
import {
  BinaryTokenizer,
  FIRST_MERGE_ID,
  inspectExecutable,
  loadTokenizer,
  trainBinary,
  writeCompact,
} from '../../tokenizer/index.ts'
import { originOf } from '../experiment/origin.ts'
import { cacheFolder, checkoutFolder } from '../experiment/places.ts'
import type { ResultRow } from '../experiment/result.ts'
import { saveResult } from '../experiment/save.ts'
import { Steps } from '../experiment/steps.ts'
import { machinePrograms } from './machine-programs.ts'
import {
  breathe,
  byFormat,
  countTokens,
  familyResults,
  groupResults,
  kindResults,
  measureFamily,
  type TestFile,
} from './measure.ts'
import type { BinaryBpeOptions } from './paper.ts'
import { prepare, type CorpusFile } from './prepare.ts'
import { LANDMARKS, PAPER_FIGURES, PAPER_SCALE } from './published.ts'
import type { BaselineResult, BinaryBpeResult, CrossResult, GroupResult, SizeResult } from './result.ts'
import { sampleFile, samplePool } from './sample.ts'
import { resultTables } from './tables.ts'

const SETTINGS = {
  chunkBytes: 8192,
  maxTokenBytes: 16,
  minFrequency: 4,
  trainingBytesPerFile: 1 << 20,
  sizes: [1024, 2048, 4096, 8192, 16384, 32768, 65536],
}
/** Size of the families that are compared across formats and with text. */
const COMPARED = 16384
const CONTROL_BYTES = 4 << 20
/** Raised when the measurements change, so that kept steps are not taken over. */
const VERSION = 1

interface Trained {
  merges: number[]
  corpus: { files: number; bytes: number; chunks: number; distinctChunks: number }
  seconds: number
}

/** Throws what fetching, training and writing throw, and CANCELLED. Writes the result and returns it. */
export async function runExperiment(options: BinaryBpeOptions): Promise<BinaryBpeResult> {
  const root = await packageRoot()
  const { seed = 1, cache = cacheFolder(root, 'binary-bpe') } = options
  const work: LongWork = { onProgress: options.onProgress, signal: options.signal }
  await mkdir(cache, { recursive: true })
  const corpus = await prepare(cache, work)
  const steps = new Steps(join(cache, 'steps'), {
    VERSION,
    SETTINGS,
    seed,
    files: corpus.map(({ name, sha256 }) => [name, sha256]),
  })

  const training = corpus.filter((file) => file.split === 'train').map(described)
  const test = corpus.filter((file) => file.split === 'test').map(described)
  const random = new Random(seed)
  const samples = training.map((file) => ({
    ...file,
    bytes: sampleFile(file.bytes, SETTINGS.trainingBytesPerFile, SETTINGS.chunkBytes, random),
  }))

  const train = async (name: string, files: readonly Uint8Array[], size: number) => {
    const trained = await steps.do(`train ${name} ${size}`, async (): Promise<Trained> => {
      const from = performance.now()
      const { tokenizer, corpus } = await trainBinary(files, {
        ...SETTINGS,
        size,
        signal: work.signal,
        onProgress: (p) => work.onProgress?.({ ...p, stage: `${name}: ${p.stage}` }),
      })
      const { keptBytes: _, ...counted } = corpus
      return { merges: [...tokenizer.merges], corpus: counted, seconds: (performance.now() - from) / 1000 }
    })
    return { ...trained, tokenizer: new BinaryTokenizer(Uint32Array.from(trained.merges)) }
  }

  const mixed = await train(
    'mixed',
    samples.map((file) => file.bytes),
    SETTINGS.sizes.at(-1)!,
  )
  const family = mixed.tokenizer
  const sizes = SETTINGS.sizes.filter((size) => size < family.size).concat(family.size)
  const measure = await steps.do('family', () => measureFamily(family, test, sizes, work))

  const kinds = await steps.do('kinds', () => kindResults(family, test, COMPARED, work))

  const cross: CrossResult[] = []
  const crossCount = async (name: string, tokenizer: BinaryTokenizer, trainingBytes: number) => {
    const size = Math.min(COMPARED, tokenizer.size)
    const tokens = await steps.do(`count ${name}`, () =>
      countTokens(tokenizer, test, size, work, `${name}: encoding held-out files`),
    )
    cross.push({ trainedOn: name, trainingBytes, size, bytesPerToken: byFormat(test, tokens) })
  }
  const pools = ['ELF', 'PE', 'Mach-O'].map((format) =>
    samples.filter((file) => file.format === format).map((file) => file.bytes),
  )
  const budget = Math.min(...pools.map((pool) => pool.reduce((sum, bytes) => sum + bytes.length, 0)))
  const single = pools.map((pool) => samplePool(pool, budget, SETTINGS.chunkBytes, random))
  const shared = pools.flatMap((pool) => samplePool(pool, budget / 3, SETTINGS.chunkBytes, random))
  for (const [i, name] of ['ELF only', 'PE only', 'Mach-O only'].entries()) {
    const { tokenizer, corpus } = await train(name, single[i]!, COMPARED)
    await crossCount(name, tokenizer, corpus.bytes)
  }
  const equal = await train('mixed, as many bytes', shared, COMPARED)
  await crossCount('mixed, as many bytes', equal.tokenizer, equal.corpus.bytes)
  await crossCount('mixed, all', family, mixed.corpus.bytes)

  const text = corpus.filter((file) => file.split === 'text').map((file) => file.bytes)
  const prose = await train('English prose', text, COMPARED)
  const proseTokens = await steps.do('count prose', () =>
    countTokens(
      prose.tokenizer,
      test,
      prose.tokenizer.size,
      work,
      'text vocabulary: encoding held-out files',
    ),
  )
  const megabytes = (text.reduce((sum, bytes) => sum + bytes.length, 0) / 1e6).toFixed(0)
  const baselines: BaselineResult[] = [
    {
      name: 'bytes',
      size: 256,
      bytesPerToken: { ELF: 1, PE: 1, 'Mach-O': 1 },
      note: 'one token per byte',
    },
    {
      name: 'byte-level BPE trained on English',
      size: prose.tokenizer.size,
      bytesPerToken: byFormat(test, proseTokens),
      note: `the same trainer and encoder on ${megabytes} MB of prose`,
    },
    await publicTokenizer(test, steps, work),
  ]

  const controls = await steps.do('gzip and noise', () =>
    controlGroups(family, test, sizes, new Random(seed + 1)),
  )
  const programs = await machinePrograms(new Random(seed + 2))
  const machine =
    programs.length === 0
      ? null
      : groupResults(
          programs,
          (await measureFamily(family, programs, sizes, work)).tokens,
          () => 'ELF programs and libraries of this machine',
        )[0]!

  const results = familyResults(family, test, sizes, measure)
  const result: BinaryBpeResult = {
    ...(await originOf('binary-bpe', seed)),
    paper: PAPER_FIGURES,
    rows: rowsOf(results, baselines, controls, sizes),
    scale: 'smaller than the paper',
    notes: [
      `Training: ${(mixed.corpus.bytes / 1e6).toFixed(1)} MB of ${mixed.corpus.files} files. The paper's scale: ${PAPER_SCALE}.`,
      'The spread is over the held-out files, which are of other vendors than the training files; one seed.',
    ],
    settings: { ...SETTINGS, sizes },
    training: { ...mixed.corpus, seconds: Math.round(mixed.seconds) },
    lossless: {
      files: test.filter((_, f) => measure.lossless.every((row) => row[f])).length,
      of: test.length,
    },
    family: results,
    formats: groupResults(test, measure.tokens, (file) => file.format),
    architectures: groupResults(test, measure.tokens, (file) => file.architectures.join(' + ')),
    kinds,
    comparedSize: COMPARED,
    cross,
    baselines,
    testFilesThatAreText: test.filter((file) => firstMalformedByte(file.bytes) < 0).length / test.length,
    controls,
    machinePrograms: machine,
    firstMerges: Array.from({ length: 40 }, (_, m) => ({
      id: FIRST_MERGE_ID + m,
      ...shown(family.bytesOf(FIRST_MERGE_ID + m)),
    })),
    landmarks: LANDMARKS.map((hex) => {
      const id = family.vocab.idOf(Uint8Array.from(Buffer.from(hex, 'hex')))
      return { token: hex, id: id < 0 ? null : id }
    }),
    files: [...training, ...test].map(({ name, sha256, split, format, bytes }) => ({
      name,
      sha256,
      split: split === 'train' ? 'train' : 'test',
      format,
      bytes: bytes.length,
    })),
    paperScale: PAPER_SCALE,
  }
  await saveResult(result, { ...work, output: options.output, tables: resultTables(result) })
  if (!options.output && checkoutFolder(root, 'binary-bpe') !== null) {
    const shipped = new BinaryTokenizer(family.merges.slice(0, 2 * (COMPARED - FIRST_MERGE_ID)), 'binary-16k')
    await writeFileAtomic(join(root.folder, 'vocabularies', 'binary-16k.tess'), writeCompact(shipped.spec()))
  }
  return result
}

/** The paper's figures by vocabulary size, for typical programs; 64k is an average over its own test files. */
const PAPER_BY_SIZE: Readonly<Record<number, string>> = {
  4096: 'about 2.0',
  8192: 'about 2.2',
  16384: 'about 2.4',
  65536: '2.89',
}

/** Each size beside the paper, text tokenizers beside ours, and the controls. */
function rowsOf(
  family: readonly SizeResult[],
  baselines: readonly BaselineResult[],
  controls: readonly GroupResult[],
  sizes: readonly number[],
): ResultRow[] {
  const text = baselines.find((baseline) => baseline.name === 'o200k_base')
  const mean = (by: BaselineResult['bytesPerToken']) => (by.ELF + by.PE + by['Mach-O']) / 3
  return [
    ...family.map(({ size, overFiles }): ResultRow => {
      const { files: count, mean: ours, deviation, min, max } = overFiles
      return {
        metric: 'bytes per token',
        setting: `vocabulary ${size}, mean of held-out files`,
        baseline: text ? { name: 'o200k_base, mean of formats', value: mean(text.bytesPerToken) } : null,
        paper: PAPER_BY_SIZE[size] ?? null,
        ours,
        unit: 'bytes/token',
        spread: { over: 'documents', count, deviation, min, max },
      }
    }),
    ...family
      .filter(({ size }) => size === 65536)
      .map(({ size, vocabularyUsed }): ResultRow => ({
        metric: 'ids used on the test set',
        setting: `vocabulary ${size}`,
        baseline: null,
        paper: '67.2 %',
        ours: 100 * vocabularyUsed,
        unit: '%',
        spread: null,
      })),
    ...controls.map(({ name, bytesPerToken }): ResultRow => ({
      metric: 'bytes per token, control',
      setting: `vocabulary ${sizes.at(-1)}, ${name}`,
      baseline: null,
      paper: null,
      ours: bytesPerToken.at(-1)!,
      unit: 'bytes/token',
      spread: null,
    })),
  ]
}

function described(file: CorpusFile): CorpusFile & TestFile {
  const { format, architectures } = inspectExecutable(file.bytes)
  return { ...file, format, architectures }
}

function shown(bytes: Uint8Array): { hex: string; text: string } {
  const text = Array.from(bytes, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '·')).join('')
  return { hex: Buffer.from(bytes).toString('hex'), text }
}

/**
 * o200k_base takes text, so the bytes are read as Latin-1 characters, the one way that loses nothing; from
 * byte 0x80 on that is two bytes of UTF-8 each. Pieces of 1 MB; the cuts cost at most a token each.
 */
async function publicTokenizer(
  test: readonly TestFile[],
  steps: Steps,
  work: LongWork,
): Promise<BaselineResult> {
  const tokenizer = await loadTokenizer('o200k_base')
  const total = test.reduce((sum, file) => sum + file.bytes.length, 0)
  const tokens = await steps.do('count o200k_base', async () => {
    const counts: number[] = []
    let done = 0
    for (const { bytes } of test) {
      let count = 0
      for (let at = 0; at < bytes.length; at += 1 << 20) {
        await breathe(work)
        const piece = Buffer.from(bytes.subarray(at, at + (1 << 20))).toString('latin1')
        count += tokenizer.count(piece, { specials: 'text' })
        done += Math.min(1 << 20, bytes.length - at)
        work.onProgress?.({ stage: 'o200k_base: encoding held-out files', done, total, unit: 'bytes' })
      }
      counts.push(count)
    }
    return counts
  })
  return {
    name: 'o200k_base',
    size: tokenizer.vocabSize,
    bytesPerToken: byFormat(test, tokens),
    note: 'bytes read as Latin-1 text; as UTF-8 the files cannot be read back',
  }
}

/** Bytes that have no structure left: nothing should be gained on them, and nothing lost. */
function controlGroups(
  family: BinaryTokenizer,
  test: readonly TestFile[],
  sizes: readonly number[],
  random: Random,
): GroupResult[] {
  const noise = new Uint8Array(CONTROL_BYTES)
  for (let i = 0; i < noise.length; i++) noise[i] = random.int(256)
  const packed: Uint8Array[] = []
  let total = 0
  for (const { bytes } of [...test].sort((a, b) => a.bytes.length - b.bytes.length)) {
    if (total >= CONTROL_BYTES) break
    const zipped = gzipSync(bytes)
    packed.push(zipped)
    total += zipped.length
  }
  return [
    { name: 'small held-out files, gzipped', pieces: packed },
    { name: 'random bytes', pieces: [noise] },
  ].map(({ name, pieces }) => {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    return {
      name,
      files: pieces.length,
      bytes,
      bytesPerToken: sizes.map(
        (size) => bytes / pieces.reduce((sum, piece) => sum + family.count(piece, { size }), 0),
      ),
    }
  })
}
