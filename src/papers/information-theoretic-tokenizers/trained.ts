// Tokenizers trained on more and more text, and what they do on held-out text of their own domain and of
// others. BPE vocabularies are nested: one training run at the largest size has all smaller ones in it.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'
import { TokenMeter, mismatchMatrix, type RunEntropy } from '../../measure/index.ts'
import {
  createTokenizer,
  trainBpeSpec,
  trainUnigram,
  trainWordPiece,
  Vocab,
  type Tokenizer,
  type TokenizerSpec,
} from '../../tokenizer/index.ts'
import { firstOf } from '../experiment/corpora.ts'

/** One tokenizer of one seed. */
export interface TrainedMeasure {
  model: 'BPE' | 'WordPiece' | 'Unigram'
  trainedOn: string
  trainChars: number
  size: number
  reached: number
  tokensPerChar: Record<string, number>
  ratio: number
  utilisation: number
  utilisation2: number
  lost: number
  entropies: RunEntropy[] | null
}

/** The first `size` tokens of a BPE vocabulary without special tokens: what training to that size gives. */
export function nested(spec: TokenizerSpec, size: number): TokenizerSpec {
  const { model } = spec
  if (model.type !== 'BPE' || !model.merges) throw new TypeError('Nested vocabularies need merges')
  const { vocab, merges } = model
  if (size >= vocab.size) return spec
  const offsets = vocab.offsets.slice(0, size + 1)
  const cut = new Vocab(vocab.bytes.slice(0, offsets[size]), offsets, vocab.alphabet, vocab.literal)
  const alphabet = vocab.size - merges.length / 2
  return { ...spec, model: { ...model, vocab: cut, merges: merges.slice(0, 2 * (size - alphabet)) } }
}

export interface TrainedSettings {
  trainChars: number
  sizes: readonly number[]
  /** The size at which entropies are measured and other models are trained. */
  comparedSize: number
  /** Whether entropies are measured. */
  entropies: boolean
  seed: number
}

/** BPE at every size on one training text. Throws CANCELLED. */
export async function measureBpe(
  domain: string,
  train: readonly string[],
  tests: Readonly<Record<string, readonly string[]>>,
  settings: TrainedSettings,
  work: LongWork,
): Promise<TrainedMeasure[]> {
  const text = firstOf(train, settings.trainChars)
  const largest = Math.max(...settings.sizes)
  const { spec } = await trainBpeSpec(text, { vocabSize: largest, threads: 1, signal: work.signal })
  const measures: TrainedMeasure[] = []
  let last = 0
  for (const size of settings.sizes) {
    throwIfCancelled(work.signal)
    const tokenizer = createTokenizer(nested(spec, size))
    // The text had no more merges: the same tokenizer again, against a larger nominal capacity.
    const same = tokenizer.vocabSize === last ? measures.at(-1)! : null
    last = tokenizer.vocabSize
    const entropies = settings.entropies && size === settings.comparedSize
    const measure = await measureOne(tokenizer, domain, tests, size, { ...settings, entropies }, same, work)
    measures.push({ model: 'BPE', trainedOn: domain, trainChars: settings.trainChars, size, ...measure })
  }
  return measures
}

/** Another model at the compared size; null where its alphabet alone is larger. Throws CANCELLED. */
export async function measureOther(
  model: 'WordPiece' | 'Unigram',
  domain: string,
  train: readonly string[],
  tests: Readonly<Record<string, readonly string[]>>,
  settings: TrainedSettings,
  work: LongWork,
): Promise<TrainedMeasure> {
  const text = firstOf(train, settings.trainChars)
  const options = { vocabSize: settings.comparedSize, signal: work.signal, threads: 1 }
  const tokenizer =
    model === 'WordPiece' ? await trainWordPiece(text, options) : await trainUnigram(text, options)
  const size = settings.comparedSize
  const measure = await measureOne(tokenizer, domain, tests, size, settings, null, work)
  return { model, trainedOn: domain, trainChars: settings.trainChars, size, ...measure }
}

async function measureOne(
  tokenizer: Tokenizer,
  domain: string,
  tests: Readonly<Record<string, readonly string[]>>,
  size: number,
  settings: { entropies: boolean; seed: number },
  same: TrainedMeasure | null,
  work: LongWork,
) {
  const meter = new TokenMeter(tokenizer, { longestRun: settings.entropies ? 5 : 1 })
  for (const document of tests[domain]!) meter.add(document)
  const report = await meter.report({ seed: settings.seed, signal: work.signal })
  const own = { domain, tokenizer }
  const others = Object.entries(tests).map(([name, documents]) => ({ domain: name, documents }))
  const tokensPerChar = same
    ? same.tokensPerChar
    : Object.fromEntries(
        (await mismatchMatrix([own], others, work.signal)).map(([cell]) => [
          cell!.testedOn,
          cell!.tokensPerUnit!,
        ]),
      )
  // The capacity is that of the size asked for, as in the paper, also where the text gave fewer tokens.
  const capacity = Math.log2(size)
  const scale = report.channel.capacity / capacity
  return {
    reached: tokenizer.vocabSize,
    tokensPerChar,
    ratio: (8 * report.size.bytes) / (report.compression.tokens * capacity),
    utilisation: report.channel.utilisation! * scale,
    utilisation2: report.channel.utilisation2! * scale,
    lost: report.loss!.documents / report.documents,
    entropies: settings.entropies ? report.entropies : null,
  }
}
