// LZ-aware byte-pair encoding (Erdogan et al. 2026, arXiv 2601.09039): of the most frequent pairs, merge the
// one after which the whole stream is smallest under gzip. Encoding afterwards is ordinary BPE in merge order.
// The surprising thing: the tokens become slightly more, while what they compress to becomes less. With one
// candidate the result is, merge for merge, that of plain training.
import { TesseraError, throwIfCancelled, utf8Encode, type LongWork } from '../../core/index.ts'
import { alphabetToBytes } from '../alphabet.ts'
import type { PreTokenizerSpec, TokenizerSpec } from '../spec.ts'
import { byteSymbols } from '../train/alphabet-symbols.ts'
import type { Corpus } from '../train/count-words.ts'
import { decoderFor, preTokenizerFor, type PatternName } from '../train/patterns.ts'
import { piecesCounter } from '../train/pieces.ts'
import type { SkippedFile } from '../train/text-check.ts'
import { Vocab } from '../vocab.ts'
import { readStream } from './read-stream.ts'
import { gzipLength, LocalScorer, scoreThreads } from './scorers.ts'
import { EDGE, LzStream, type CompressedLength, type CountedPair } from './stream.ts'

export interface TrainLzBpeOptions extends LongWork {
  /** Number of tokens, special tokens and the 256 bytes included. Default 1024, at most 65536. */
  vocabSize?: number
  /** Merge no pair that occurs less often. Default 2. */
  minFrequency?: number
  /** The most frequent pairs that are tried before each merge. Default 16. */
  candidates?: number
  /** Bytes of text that merges are chosen on: the first of the corpus. Default 150,000. */
  streamBytes?: number
  /** Level of gzip, 1 to 9. Default 6, the only one in a page. Not with `compressedLength`. */
  level?: number
  /** Another compressor than gzip; runs on this thread. */
  compressedLength?: CompressedLength
  /** Special tokens; they get the first ids, in this order. Default none. */
  specials?: readonly string[]
  /** How text is cut into words, as for `trainBpe`; merges do not cross them. Default `cl100k`. */
  pattern?: PatternName | { regex: string } | PreTokenizerSpec
  /** Worker threads for the candidates. Default: one per core, at most 8. The result is the same. */
  threads?: number
  /** Name of the tokenizer. Default `lz-bpe`. */
  name?: string
}

export interface TrainLzBpeReport {
  /** Bytes of the stream that merges were chosen on, and whether the corpus had more. */
  bytes: number
  cut: boolean
  /** Files that were left out: not text, unreadable, or read already. */
  skipped: SkippedFile[]
  vocabSize: number
  merges: number
  /** Tokens of the stream, and its compressed bytes, before the first merge and after the last. */
  tokens: [number, number]
  compressed: [number, number]
  /** Merges for which the most frequent pair was not the one that was taken. */
  turned: number
  seconds: number
}

/**
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary below specials and bytes),
 * PATTERN_INVALID, PATTERN_TOO_COMPLEX, TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainLzBpeSpec(
  corpus: Corpus,
  options: TrainLzBpeOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainLzBpeReport }> {
  throwIfCancelled(options.signal)
  const began = performance.now()
  const { vocabSize = 1024, minFrequency = 2, candidates = 16, specials = [] } = options
  check(options)
  const preTokenizer = preTokenizerFor(options.pattern ?? 'cl100k', true)
  const noWords = { bytes: new Uint8Array(0), offsets: new Uint32Array(1), counts: new Float64Array(0) }
  const { tokens: alphabet, words } = byteSymbols(noWords, specials.length, {
    always: 'bytes',
    limit: Infinity,
    prefix: '',
    suffix: '',
  })
  const idOf = words.idOf!
  const tokens: Uint8Array[] = [...specials.map((token) => alphabetToBytes(token) ?? NOTHING), ...alphabet]
  if (tokens.length > vocabSize) {
    throw new TesseraError(
      'TRAINING_IMPOSSIBLE',
      `A vocabulary of ${vocabSize} cannot hold the initial tokens`,
      {
        where: 'vocabSize',
        hint: `Ask for at least ${tokens.length}`,
      },
    )
  }

  const limit = options.streamBytes ?? 150_000
  const count = await piecesCounter({
    normalizer: null,
    preTokenizer,
    reference: 'huggingface',
    documents: 'whole',
  })
  const { documents, bytes, cut, skipped } = await readStream(corpus, limit, options.signal)
  const ids = new Int32Array(2 * bytes + 1)
  let length = 0
  const sink = {
    add(source: Uint8Array, from: number, to: number) {
      for (let i = from; i < to; i++) ids[length++] = idOf[source[i]!]!
      ids[length++] = EDGE
    },
  }
  for (const document of documents) count(document, 0, document.length, true, sink)
  if (length === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to train on', {
      hint: 'Give a file that is not empty',
    })
  }

  const level = options.level ?? 6
  const compressedLength = options.compressedLength ?? (await gzipLength(level))
  const text = ids.slice(0, length)
  const stream = new LzStream(text.slice(), vocabSize, compressedLength)
  const before = { tokens: stream.tokens(), compressed: await stream.size() }
  const threads = options.compressedLength ? 1 : (options.threads ?? (await cores()))
  const scorers =
    (await scoreThreads(Math.min(threads, candidates), { ids: text, vocabSize, level })) ??
    new LocalScorer(new LzStream(text, vocabSize, compressedLength), options.signal)
  const merges: number[] = []
  const known = new Set(tokens.map(latin1))
  const joined = (left: number, right: number) => latin1(tokens[left]!) + latin1(tokens[right]!)
  let last: CountedPair | null = null
  let turned = 0
  try {
    while (tokens.length < vocabSize) {
      const id = tokens.length
      const pairs = stream.candidates(
        candidates,
        minFrequency,
        (left, right) => !known.has(joined(left, right)),
      )
      if (pairs.length === 0) break
      // A lone candidate needs no score; whoever scores still hears of the merge before it.
      const scored = pairs.length > 1 ? pairs : []
      const scores = await scorers.score(last, scored, id)
      // The first among equals: candidates come in the order in which plain training would take them.
      const best = scored.length > 0 ? scores.indexOf(Math.min(...scores)) : 0
      if (best > 0) turned++
      const pair = pairs[best]!
      stream.merge(pair.left, pair.right, id)
      merges.push(pair.left, pair.right)
      known.add(joined(pair.left, pair.right))
      tokens.push(join(tokens[pair.left]!, tokens[pair.right]!))
      last = pair
      options.onProgress?.({
        stage: 'weighing merges',
        done: id + 1 - specials.length - 256,
        total: vocabSize - specials.length - 256,
        unit: 'merges',
      })
      throwIfCancelled(options.signal)
    }
  } finally {
    await scorers.close()
  }
  const literal = new Set<number>()
  specials.forEach((token, id) => {
    if (tokens[id] !== NOTHING) return
    literal.add(id)
    tokens[id] = utf8Encode(token)
  })
  const spec: TokenizerSpec = {
    name: options.name ?? 'lz-bpe',
    reference: 'huggingface',
    normalizer: null,
    preTokenizer,
    model: {
      type: 'BPE',
      vocab: Vocab.fromBytes(tokens, 'bytes', literal),
      merges: Uint32Array.from(merges),
      byteLevel: true,
      unkToken: null,
      continuingSubwordPrefix: null,
      endOfWordSuffix: null,
      fuseUnk: false,
      byteFallback: false,
      ignoreMerges: false,
    },
    postProcessor: null,
    decoder: decoderFor(preTokenizer, {}),
    addedTokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
  }
  return {
    spec,
    report: {
      bytes,
      cut,
      skipped,
      vocabSize: tokens.length,
      merges: merges.length / 2,
      tokens: [before.tokens, stream.tokens()],
      compressed: [before.compressed, await stream.size()],
      turned,
      seconds: (performance.now() - began) / 1000,
    },
  }
}

const NOTHING = new Uint8Array(0)

async function cores(): Promise<number> {
  if (typeof process === 'undefined' || !process.versions?.node) return 1
  const { availableParallelism } = await import(/* @vite-ignore */ 'node:os')
  return Math.min(8, availableParallelism())
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function check(options: TrainLzBpeOptions): void {
  const whole = (
    name: 'vocabSize' | 'minFrequency' | 'candidates' | 'streamBytes' | 'level' | 'threads',
    least: number,
    most: number,
  ) => {
    const value = options[name]
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
    throw new TesseraError('ARGUMENT_INVALID', `${name} is ${String(value)}`, {
      where: name,
      hint: `Give a whole number from ${least} to ${most}`,
    })
  }
  whole('vocabSize', 1, 65_536)
  whole('minFrequency', 0, 2 ** 31)
  whole('candidates', 1, 4096)
  whole('streamBytes', 1, 2 ** 27)
  whole('level', 1, 9)
  whole('threads', 1, 256)
  if (options.level !== undefined && options.compressedLength) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      'level is for gzip, which compressedLength takes the place of',
      {
        where: 'level',
        hint: 'Give one of the two',
      },
    )
  }
  options.specials?.forEach((token, i) => {
    if (typeof token !== 'string' || token === '' || options.specials!.indexOf(token) < i) {
      throw new TesseraError('ARGUMENT_INVALID', `specials[${i}] is ${JSON.stringify(token)}`, {
        where: `specials[${i}]`,
        hint: 'Special tokens are different strings that are not empty',
      })
    }
  })
}
