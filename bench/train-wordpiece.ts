// Training WordPiece: MB of text per CPU-second, peak memory and tokens of unseen text, at the one setting that the
// native trainer has (30,000 tokens, any frequency, each line a text). Its ties fall by a hash table, another way each
// run; so both must learn the same characters and 98 of 100 tokens alike, or there is no result.
import { readFileSync } from 'node:fs'
import { createTokenizer, Vocab, type TokenizerSpec } from '../src/tokenizer/index.ts'
import { slice } from './corpora.ts'
import { type BenchOptions, type BenchRow, note } from './harness.ts'
import {
  inFolder,
  MILLION,
  mixedCorpus,
  peakMemory,
  rounds,
  type Samples,
  trainerPackages,
  trainerRow,
} from './trainers.ts'

export const packages: string[] = trainerPackages

interface Trained {
  tokens: string[]
  /** Resident memory in bytes, at its highest when training had ended. */
  peak: number
}

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

export default function run({ full }: BenchOptions): Promise<BenchRow[]> {
  return inFolder(async (folder) => {
    const { file, bytes } = mixedCorpus(folder, full ? [8, 8, 5] : [4, 4, 2])
    const unseen = slice('prose', MILLION, 8)
    const worth: Samples = { tessera: [], native: [] }
    let size = 0
    const { speeds, peaks } = await rounds<Trained>(
      import.meta.url,
      file,
      { count: full ? 3 : 2, bytes },
      ({ tessera, native }) => {
        checkAlike(tessera.tokens, native.tokens)
        worth.tessera.push(tokensPerCharacter(tessera.tokens, unseen))
        worth.native.push(tokensPerCharacter(native.tokens, unseen))
        size = tessera.tokens.length
      },
    )
    const name = `${Math.round(bytes / MILLION)} MB, ${size} tokens`
    return [
      trainerRow(name, ['speed', 'MB/CPU-s'], speeds, true),
      trainerRow(name, ['memory', 'MB peak'], peaks),
      trainerRow(name, ['unseen text', 'tokens/character'], worth),
    ]
  })
}
