// Training Unigram: MB of text per CPU-second, peak memory, and what the model is worth on text that it has not
// seen (tokens and nats per character), at the one setting that the native trainer has (8,000 tokens, each line a
// text); beside it SentencePiece's own spm_train, where that is installed. Models differ, so quality is a row too.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createTokenizer,
  readSentencePiece,
  readTokenizerJson,
  writeTokenizerJson,
} from '../src/tokenizer/index.ts'
import type { TokenizerSpec } from '../src/tokenizer/index.ts'
import { slice } from './corpora.ts'
import { median, megabytesPerSecond, note, type BenchOptions, type BenchRow } from './harness.ts'
import { inFolder, MILLION, peakMemory, trainedInChild, trainerPackages } from './trainers.ts'

export const packages: string[] = trainerPackages

const VOCAB_SIZE = 8000

interface Run {
  cpuMs: number
  wallMs: number
  /** Resident memory in bytes, at its highest. */
  peak: number
  spec: TokenizerSpec
}

/** Trains ours; writes beside the file and returns the peak memory. Runs in a process of its own. */
export async function tessera(file: string): Promise<number> {
  const { trainUnigramSpec } = await import('../src/tokenizer/train/train-unigram.ts')
  const { spec } = await trainUnigramSpec(
    { files: file },
    {
      vocabSize: VOCAB_SIZE,
      documents: 'lines',
      // As the native trainer has it: no byte tokens, every character.
      specials: ['<unk>'],
      byteFallback: false,
      characterCoverage: 1,
    },
  )
  const peak = peakMemory()
  writeFileSync(`${file}.ours`, writeTokenizerJson(spec))
  return peak
}

/** Trains the native library's; as above. */
export async function native(file: string): Promise<number> {
  const { metaspacePreTokenizer, Tokenizer, Unigram } = await import('tokenizers')
  const tokenizer = new Tokenizer(Unigram.init([['<unk>', 0]], { unkId: 0 }))
  tokenizer.setPreTokenizer(metaspacePreTokenizer())
  tokenizer.train([file])
  const peak = peakMemory()
  tokenizer.save(`${file}.native`)
  return peak
}

async function trainedFrom(name: 'tessera' | 'native', file: string): Promise<Run> {
  const result = await trainedInChild<number>(import.meta.url, name, file)
  const path = `${file}.${name === 'tessera' ? 'ours' : 'native'}`
  const spec = readTokenizerJson(readFileSync(path), { name })
  return { cpuMs: result.cpuMs, wallMs: result.wallMs, peak: result.value, spec }
}

/** Trains with spm_train; null where there is none. */
async function trainedBySpm(file: string): Promise<Run | null> {
  const options = [
    `--input=${file}`,
    `--model_prefix=${file}.spm`,
    `--vocab_size=${VOCAB_SIZE}`,
    '--model_type=unigram',
    '--normalization_rule_name=identity',
    '--remove_extra_whitespaces=false',
    '--character_coverage=1',
    '--max_sentence_length=100000000',
    '--bos_id=-1',
    '--eos_id=-1',
  ]
  const began = performance.now()
  // `times` of the shell says what its children took: Node does not.
  const child = spawn(
    'sh',
    ['-c', 'spm_train "$@" 2>/dev/null; code=$?; times; exit $code', 'sh', ...options],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  let said = ''
  child.stdout.on('data', (part: Buffer) => (said += part.toString()))
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, peakOfChildren(child.pid!))), 50)
  const code = await new Promise<number | null>((done) => child.on('close', done))
  clearInterval(timer)
  if (code === 127) return null
  if (code !== 0) throw new Error(`spm_train ended with ${code}`)
  const [user, system] = said.trim().split('\n').at(-1)!.split(/\s+/).map(milliseconds)
  const spec = readSentencePiece(readFileSync(`${file}.spm.model`), { name: 'spm_train' })
  return { cpuMs: user! + system!, wallMs: performance.now() - began, peak, spec }
}

/** `1m2.34s` */
function milliseconds(time: string): number {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(time) ?? []
  return 1000 * (60 * Number(minutes) + Number(seconds))
}

/** Highest resident memory of a shell's child, in bytes; 0 where /proc does not say. */
function peakOfChildren(pid: number): number {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]
    return 1024 * Number(kilobytes ?? 0)
  } catch {
    return 0
  }
}

/** Tokens, and minus the log-probability of the best way to write the lines, per character of them. */
function quality(spec: TokenizerSpec, lines: readonly string[]): { tokens: number; nats: number } {
  const { model } = spec
  if (model.type !== 'Unigram') throw new Error('not Unigram')
  const tokenizer = createTokenizer(spec)
  let lowest = 0
  for (const score of model.scores) lowest = Math.min(lowest, score)
  let tokens = 0
  let score = 0
  let characters = 0
  for (const line of lines) {
    characters += Array.from(line).length
    for (const id of tokenizer.encode(line, { specials: 'text', template: false })) {
      tokens++
      score += id === model.unkId || !model.vocab.has(id) ? lowest - 10 : model.scores[id]!
    }
  }
  return { tokens: tokens / characters, nats: -score / characters }
}

export default function run({ full }: BenchOptions): Promise<BenchRow[]> {
  return inFolder(async (folder) => {
    const rows: BenchRow[] = []
    const texts = full
      ? ({ prose: 6, code: 6, multilingual: 4 } as const)
      : ({ prose: 2, multilingual: 1 } as const)
    for (const [kind, megabytes] of Object.entries(texts)) {
      const bytes = megabytes * MILLION
      const text = slice(kind as 'prose', bytes, 0)
      // A trained native model has no unknown token: lines with a character that was never seen are left out.
      const seen = new Set(text)
      const unseen = slice(kind as 'prose', bytes / 4, 4)
        .split(/[\r\n\u2028\u2029]+/)
        .filter((line) => line.trim() !== '' && Array.from(line).every((character) => seen.has(character)))
      const file = join(folder, kind)
      writeFileSync(file, text)
      const runs: Record<string, Run[]> = { tessera: [], tokenizers: [], spm_train: [] }
      for (let round = 0; round < (full ? 3 : 1); round++) {
        for (const name of Object.keys(runs)) {
          const result =
            name === 'tessera'
              ? await trainedFrom('tessera', file)
              : name === 'tokenizers'
                ? await trainedFrom('native', file)
                : await trainedBySpm(file)
          if (!result) {
            note('spm_train is not installed')
            continue
          }
          runs[name]!.push(result)
          const { cpuMs, wallMs, spec } = result
          note(
            `${kind}, ${name}: ${(cpuMs / 1000).toFixed(2)} CPU-s, ${(wallMs / 1000).toFixed(2)} s, ` +
              `${spec.model.vocab.size} ids`,
          )
        }
      }
      const metric = (
        name: string,
        unit: string,
        value: (run: Run) => number,
        higherIsBetter = false,
      ): BenchRow => {
        const of = Object.fromEntries(
          Object.entries(runs)
            .filter(([, list]) => list.length > 0)
            .map(([who, list]) => [who, median(list.map(value))]),
        )
        const { tessera: ours, ...peers } = of
        return { case: `${kind} ${megabytes} MB`, metric: name, unit, ours: ours!, peers, higherIsBetter }
      }
      const worth = new Map<TokenizerSpec, ReturnType<typeof quality>>()
      const worthOf = (spec: TokenizerSpec) => {
        if (!worth.has(spec)) worth.set(spec, quality(spec, unseen))
        return worth.get(spec)!
      }
      rows.push(
        metric('speed', 'MB/CPU-s', ({ cpuMs }) => megabytesPerSecond(bytes, cpuMs), true),
        metric('memory', 'MB peak', ({ peak }) => peak / MILLION),
        metric('unseen text', 'tokens/character', ({ spec }) => worthOf(spec).tokens),
        metric('unseen text', 'nats/character', ({ spec }) => worthOf(spec).nats),
      )
    }
    return rows
  })
}
