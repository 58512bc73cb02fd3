// tessera train: a BPE vocabulary from files, with every option of the trainer.
import { basename, extname } from 'node:path'
import { type NormalizerSpec, type TrainBpeOptions, trainBpeSpec } from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { printJson, readBytes } from '../io.ts'
import { followed } from '../progress.ts'
import { type Options, jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'
import { FORMATS, formatFor, writeTokenizer } from './convert.ts'

const NAME = 'tessera train'
const PATTERNS = ['gpt2', 'cl100k', 'o200k', 'metaspace', 'whitespace', 'whitespace-split', 'none'] as const

const NORMALIZERS: Record<string, NormalizerSpec> = {
  nfc: { type: 'NFC' },
  nfd: { type: 'NFD' },
  nfkc: { type: 'NFKC' },
  nfkd: { type: 'NFKD' },
  lowercase: { type: 'Lowercase' },
  'strip-accents': { type: 'StripAccents' },
  strip: { type: 'Strip', strip_left: true, strip_right: true },
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

/** A list separated by commas, or a JSON array where tokens have commas in them. */
function tokensOf(list: string | undefined): string[] {
  if (list === undefined) return []
  if (!list.startsWith('[')) return list.split(',')
  try {
    const parsed = JSON.parse(list) as unknown
    if (Array.isArray(parsed) && parsed.every((token) => typeof token === 'string')) return parsed
  } catch {
    // said below
  }
  throw usageError('--specials begins with [ but is no JSON array of strings', seeHelp(NAME))
}

const options = {
  output: {
    type: 'string',
    alias: 'o',
    valueHint: 'path',
    description: 'Where to write (required; - = stdout)',
  },
  to: { type: 'enum', options: FORMATS, description: 'Format, where the ending of the path does not say it' },
  'vocab-size': {
    type: 'string',
    valueHint: 'n',
    default: '32000',
    description: 'Tokens in all: special ones and alphabet too',
  },
  'min-frequency': {
    type: 'string',
    valueHint: 'n',
    default: '2',
    description: 'Merge no pair that is rarer',
  },
  specials: {
    type: 'string',
    valueHint: 'a,b,…',
    description: 'Special tokens, with the first ids (or a JSON array)',
  },
  base: {
    type: 'enum',
    options: ['bytes', 'characters'],
    default: 'bytes',
    description: 'What tokens are made of',
  },
  pattern: {
    type: 'enum',
    options: [...PATTERNS],
    description: 'How text is cut into words (default cl100k; metaspace for characters)',
  },
  regex: { type: 'string', valueHint: 'pattern', description: 'The same, as a regular expression' },
  normalizer: {
    type: 'string',
    valueHint: 'a,b,…',
    description: `Steps before that: ${Object.keys(NORMALIZERS).join(', ')}`,
  },
  documents: {
    type: 'enum',
    options: ['whole', 'lines'],
    default: 'whole',
    description: 'What is cut by itself: a file, or each line',
  },
  alphabet: {
    type: 'enum',
    options: ['bytes', 'seen'],
    description: 'Initial symbols: all 256 bytes, or those that occur',
  },
  characters: { type: 'string', valueHint: 'text', description: 'Initial symbols beside those that occur' },
  'limit-alphabet': { type: 'string', valueHint: 'n', description: 'Keep only the n most frequent symbols' },
  'max-token-length': {
    type: 'string',
    valueHint: 'n',
    description: 'Longest token, in bytes or characters',
  },
  'unk-token': {
    type: 'string',
    valueHint: 'token',
    description: 'With characters: for what has no token; one of --specials',
  },
  'byte-fallback': {
    type: 'boolean',
    default: false,
    description: 'With characters: unknown ones as <0xNN> bytes',
  },
  'continuing-prefix': { type: 'string', valueHint: 'text', description: 'With characters: such as ##' },
  'end-of-word-suffix': { type: 'string', valueHint: 'text', description: 'With characters: such as </w>' },
  threads: {
    type: 'string',
    valueHint: 'n',
    description: 'Threads that count words (default: as many as help)',
  },
  memory: {
    type: 'string',
    valueHint: 'MiB',
    description: 'About how much memory may be used (default 1024)',
  },
  name: {
    type: 'string',
    valueHint: 'name',
    description: "The tokenizer's name (default: that of the file)",
  },
  ...jsonOption,
} as const satisfies Options

export default verb({
  name: NAME,
  summary: 'A new BPE vocabulary from files.',
  words: '[file|folder…]',
  details:
    'Reads UTF-8 text: files, folders with everything below them, or stdin. The same input and options give the\n' +
    'same vocabulary, whatever the number of threads. Progress is shown on stderr.',
  options,
  examples: [
    {
      command: 'tessera train -o my.json --vocab-size 8000 docs',
      does: 'a byte-level vocabulary from a folder',
    },
    {
      command: 'tessera train -o my.json --specials "<|end|>,<|pad|>" --pattern o200k corpus.txt',
      does: 'special tokens, and the words of o200k',
    },
    {
      command: 'tessera train -o sp.json --base characters --byte-fallback --normalizer nfkc corpus.txt',
      does: 'in the manner of SentencePiece',
    },
    { command: 'zcat corpus.gz | tessera train -o my.tess', does: 'stdin, into the compact form' },
  ],
  async run({ options: given, words }) {
    const { output, to } = given
    if (output === undefined) throw usageError('--output is missing', seeHelp(NAME))
    const format = formatFor(output, to)
    if (given.pattern !== undefined && given.regex !== undefined) {
      throw usageError('--pattern and --regex exclude each other', seeHelp(NAME))
    }
    if (given.alphabet !== undefined && given.characters !== undefined) {
      throw usageError('--alphabet and --characters exclude each other', seeHelp(NAME))
    }
    const memory = wholeNumber(given.memory, '--memory', 1)
    const training: TrainBpeOptions = {
      vocabSize: wholeNumber(given['vocab-size'], '--vocab-size', 1),
      minFrequency: wholeNumber(given['min-frequency'], '--min-frequency'),
      specials: tokensOf(given.specials),
      base: given.base,
      pattern: given.regex === undefined ? given.pattern : { regex: given.regex },
      normalizer: normalizerOf(given.normalizer),
      documents: given.documents,
      initialAlphabet: given.characters === undefined ? given.alphabet : { characters: given.characters },
      limitAlphabet: wholeNumber(given['limit-alphabet'], '--limit-alphabet', 1),
      maxTokenLength: wholeNumber(given['max-token-length'], '--max-token-length', 1),
      unkToken: given['unk-token'],
      byteFallback: given['byte-fallback'],
      continuingSubwordPrefix: given['continuing-prefix'],
      endOfWordSuffix: given['end-of-word-suffix'],
      threads: wholeNumber(given.threads, '--threads', 1),
      memoryBudget: memory === undefined ? undefined : memory * 2 ** 20,
      name: given.name ?? (output === '-' ? undefined : basename(output, extname(output))),
    }
    const corpus = words.length > 0 ? { files: words } : [await readBytes('-')]
    const { spec, report } = await followed((how) => trainBpeSpec(corpus, { ...training, ...how }))
    const bytes = await writeTokenizer(spec, output, format)
    if (given.json && output !== '-') {
      await printJson({ file: output, format, ...report, fileBytes: bytes })
      return
    }
    const size =
      report.bytes < 1e6 ? `${(report.bytes / 1e3).toFixed(1)} kB` : `${(report.bytes / 1e6).toFixed(1)} MB`
    const seconds = (report.seconds.counting + report.seconds.merging).toFixed(1)
    process.stderr.write(
      `${output}: ${format}, ${report.vocabSize} tokens (${report.merges} merges) ` +
        `from ${size} in ${seconds} s\n`,
    )
    if (report.vocabSize < training.vocabSize!) {
      process.stderr.write('The text has no more pairs that are frequent enough (--min-frequency)\n')
    }
    if (report.droppedWords > 0) {
      process.stderr.write(`${report.droppedWords} rare words were beyond the memory budget (--memory)\n`)
    }
  },
})
