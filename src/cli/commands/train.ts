// tessera train: a BPE, Unigram or WordPiece vocabulary from files, with every option of the trainers.
import { basename, extname } from 'node:path'
import {
  type Corpus,
  type NormalizerSpec,
  type TokenizerSpec,
  type TrainOptions,
  type TwoStageOptions,
  trainBpeSpec,
  trainSupertokensSpec,
  trainTwoStageSpec,
  trainUnigramSpec,
  trainWordPieceSpec,
} from '../../tokenizer/index.ts'
import type { LongWork } from '../../core/index.ts'
import { usageError } from '../failure.ts'
import { printJson, readBytes } from '../io.ts'
import { followed } from '../progress.ts'
import { checkTrainOptions, type ModelName, NAME, type PatternName, trainOptions } from '../train/options.ts'
import { sayReport, type TrainReport } from '../train/report.ts'
import { tokensOf } from '../train/tokens.ts'
import { seeHelp, share, verb, wholeNumber } from '../verb.ts'
import { formatFor, writeTokenizer } from './convert.ts'

const bert = (lowercase: boolean): NormalizerSpec => ({
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase,
})

const NORMALIZERS: Record<string, NormalizerSpec> = {
  nfc: { type: 'NFC' },
  nfd: { type: 'NFD' },
  nfkc: { type: 'NFKC' },
  nfkd: { type: 'NFKD' },
  lowercase: { type: 'Lowercase' },
  'strip-accents': { type: 'StripAccents' },
  strip: { type: 'Strip', strip_left: true, strip_right: true },
  bert: bert(true),
  'bert-cased': bert(false),
}

/** `nfkc,lowercase` as a normalizer; the steps run in the order given. */
function normalizerOf(names: string | undefined): NormalizerSpec | null {
  if (names === undefined) return null
  const normalizers = names.split(',').map((name) => {
    const known = Object.hasOwn(NORMALIZERS, name) ? NORMALIZERS[name] : undefined
    if (!known) {
      throw usageError(
        `No normalizer is named ${JSON.stringify(name)}`,
        `There are ${Object.keys(NORMALIZERS).join(', ')}`,
      )
    }
    return known
  })
  return normalizers.length === 1 ? normalizers[0]! : { type: 'Sequence', normalizers }
}

export default verb({
  name: NAME,
  summary: 'A new vocabulary from files: BPE, Unigram, WordPiece, supertokens.',
  words: '[file|folder…]',
  details:
    'Reads UTF-8 text: files, folders with everything below them, or stdin. Files in folders that are not UTF-8\n' +
    'text or cannot be read are left out and listed; a file that is reached twice counts once. The same input and\n' +
    'options give the same vocabulary, whatever the number of threads. Progress is shown on stderr.',
  options: trainOptions,
  examples: [
    {
      command: 'tessera train -o my.json --vocab-size 8000 docs',
      does: 'a byte-level BPE vocabulary from a folder',
    },
    {
      command: 'tessera train -o my.json --specials "<|end|>,<|pad|>" --pattern o200k corpus.txt',
      does: 'special tokens, and the words of o200k',
    },
    {
      command: 'tessera train --model unigram -o my.model corpus.txt',
      does: 'a Unigram model that spm_encode reads',
    },
    {
      command: 'tessera train --model wordpiece --normalizer bert -o my.json corpus.txt',
      does: 'a vocabulary in the manner of BERT',
    },
    {
      command:
        'tessera train -o sp.model --base characters --pattern sentencepiece --byte-fallback corpus.txt',
      does: 'BPE in the manner of SentencePiece',
    },
    {
      command: 'tessera train --model supertokens -o super.json notes',
      does: 'tokens that span several words',
    },
    { command: 'zcat corpus.gz | tessera train -o my.tess', does: 'stdin, into the compact form' },
  ],
  async run({ options: given, words }) {
    const { output, to } = given
    if (output === undefined) throw usageError('--output is missing', seeHelp(NAME))
    const format = formatFor(output, to)
    const model = given.model as ModelName
    checkTrainOptions(given, model)
    const memory = wholeNumber(given.memory, '--memory', 1)
    const common: TrainOptions & { minFrequency?: number } = {
      vocabSize: wholeNumber(given['vocab-size'], '--vocab-size', 1),
      minFrequency: wholeNumber(given['min-frequency'], '--min-frequency', model === 'unigram' ? 1 : 0),
      specials: tokensOf(given.specials, '--specials', NAME),
      pattern:
        given.regex === undefined ? (given.pattern as PatternName | undefined) : { regex: given.regex },
      normalizer: normalizerOf(given.normalizer),
      documents: given.documents,
      limitAlphabet: wholeNumber(given['limit-alphabet'], '--limit-alphabet', 1),
      maxTokenLength: wholeNumber(given['max-token-length'], '--max-token-length', 1),
      threads: wholeNumber(given.threads, '--threads', 1),
      memoryBudget: memory === undefined ? undefined : memory * 2 ** 20,
      name: given.name ?? (output === '-' ? undefined : basename(output, extname(output))),
    }
    const characters = given.characters === undefined ? undefined : { characters: given.characters }
    const unkToken = given['unk-token']
    const train = (corpus: Corpus, how: LongWork): Promise<{ spec: TokenizerSpec; report: TrainReport }> => {
      if (model === 'unigram')
        return trainUnigramSpec(corpus, {
          ...common,
          ...how,
          initialAlphabet: characters,
          unkToken,
          characterCoverage: share(given.coverage, '--coverage'),
          byteFallback: given.unknown !== 'token',
          seedSize: wholeNumber(given['seed-size'], '--seed-size', 1),
          shrinkingFactor: share(given.shrink, '--shrink'),
          subIterations: wholeNumber(given['sub-iterations'], '--sub-iterations', 1),
        })
      if (model === 'wordpiece')
        return trainWordPieceSpec(corpus, {
          ...common,
          ...how,
          initialAlphabet: characters,
          unkToken,
          continuingSubwordPrefix: given['continuing-prefix'],
          maxInputCharsPerWord: wholeNumber(given['max-word-length'], '--max-word-length', 1),
        })
      if (model === 'supertokens' || model === 'two-stage') {
        const across = {
          vocabSize: common.vocabSize,
          minFrequency: common.minFrequency,
          maxTokenLength: common.maxTokenLength,
          specials: common.specials,
          memoryBudget: common.memoryBudget,
          name: common.name,
          nfc: !given['keep-form'],
          ...how,
        }
        if (model === 'supertokens') {
          return trainSupertokensSpec(corpus, {
            ...across,
            chunks: given.chunks,
            seed: wholeNumber(given.seed, '--seed'),
          })
        }
        const transition = wholeNumber(given.transition, '--transition', 1)
        const pattern = common.pattern as TwoStageOptions['pattern']
        return trainTwoStageSpec(corpus as Parameters<typeof trainTwoStageSpec>[0], {
          ...across,
          transition,
          pattern,
        })
      }
      return trainBpeSpec(corpus, {
        ...common,
        ...how,
        base: given.base,
        initialAlphabet: characters ?? given.alphabet,
        unkToken,
        byteFallback: given['byte-fallback'],
        continuingSubwordPrefix: given['continuing-prefix'],
        endOfWordSuffix: given['end-of-word-suffix'],
      })
    }
    const corpus = words.length > 0 ? { files: words } : [await readBytes('-')]
    const { spec, report } = await followed((how) => train(corpus, how))
    const fileBytes = await writeTokenizer(spec, output, format)
    if (given.json && output !== '-') await printJson({ file: output, format, ...report, fileBytes })
    else sayReport(output, format, common.vocabSize!, report)
  },
})
