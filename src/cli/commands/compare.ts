// tessera compare: the same files through several tokenizers.
import { addSizes, compressors, type CompressorName, type TextSize } from '../../measure/index.ts'
import { builtinTokenizers } from '../../tokenizer/index.ts'
import { compareTokenizers, type CompareOptions } from '../compare/compare.ts'
import { findSources, type Skipped } from '../sources.ts'
import {
  asJson,
  entropyTables,
  gzipTable,
  intervalTable,
  languageRows,
  mainTable,
  parityTable,
} from '../compare/tables.ts'
import { usageError } from '../failure.ts'
import { print, printJson } from '../io.ts'
import { followed } from '../progress.ts'
import { bytesOption, openTokenizer } from '../tokenizers.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'

const NAME = 'tessera compare'
const SHOWN_SKIPPED = 10

export default verb({
  name: NAME,
  summary: 'Several tokenizers on the same text.',
  words: '[file|folder…]',
  details:
    'Tokens over all files, and how many bytes and characters (code points) one token stands for: more is\n' +
    'better compression. Templates are left out. - is stdin, which is also read when no file is named.\n' +
    'Folders are read with everything below them, without hidden entries and links; files in them that are\n' +
    'no UTF-8 text, and files that came before, are left out and listed. Files over 64 MB are cut into pieces,\n' +
    'which can cost a token at each cut.',
  options: {
    tokenizer: {
      type: 'string',
      alias: ['t', 'tokenizers'],
      valueHint: 'a,b,…',
      description: 'Names or paths, separated by commas (default: every built-in)',
    },
    entropy: {
      type: 'boolean',
      default: false,
      description:
        'Use of the vocabulary and the channel, loss, and entropies H1 to H5 beside a shuffled control',
    },
    gzip: {
      type: 'boolean',
      default: false,
      description: 'Size of the ids under a compressor, by serialisation',
    },
    compressor: {
      type: 'enum',
      options: ['gzip', 'brotli', 'zstd'],
      description: 'The compressor of --gzip (zstd: Node 22.15 or newer; default gzip)',
    },
    parity: {
      type: 'boolean',
      default: false,
      description:
        'The named files or folders are one text in several languages: tokens by those of the reference',
    },
    reference: {
      type: 'string',
      valueHint: 'name',
      description:
        'The language of --parity that others are compared with, by its file name (default: the first)',
    },
    bootstrap: {
      type: 'boolean',
      default: false,
      description: '95 % intervals, by drawing whole files anew',
    },
    seed: {
      type: 'string',
      valueHint: 'n',
      description: 'Of the shuffled control and the bootstrap (default 1)',
    },
    ...bytesOption,
    ...jsonOption,
  },
  examples: [
    { command: 'tessera compare README.md', does: 'all built-in vocabularies on a file' },
    {
      command: 'tessera compare -t o200k_base,./tokenizer.json corpus/*.txt',
      does: 'yours beside a known one',
    },
    {
      command: 'tessera compare --entropy --gzip -t o200k_base,qwen3 docs',
      does: 'everything below a folder',
    },
    {
      command: 'tessera compare --parity --reference en udhr/en.txt udhr/de.txt udhr/my.txt',
      does: 'what a language pays for the same content',
    },
    { command: 'tessera compare --json < notes.txt', does: 'stdin, with the counts of each file as JSON' },
  ],
  async run({ options: given, words }) {
    const names =
      given.tokenizer?.split(',').map((name) => name.trim()) ??
      builtinTokenizers.map((builtin) => builtin.name)
    const compressor = given.compressor as CompressorName | undefined
    if (compressor !== undefined && !given.gzip) {
      throw usageError('--compressor needs --gzip', seeHelp(NAME))
    }
    if (compressor !== undefined && !(await compressors()).has(compressor)) {
      throw usageError(`This Node has no ${compressor}`, 'Node 22.15 or newer has zstd')
    }
    if (given.reference !== undefined && !given.parity) {
      throw usageError('--reference needs --parity', seeHelp(NAME))
    }
    if (given.seed !== undefined && !given.entropy && !given.bootstrap) {
      throw usageError('--seed needs --entropy or --bootstrap', seeHelp(NAME))
    }
    const options: CompareOptions = {
      raw: given.bytes,
      entropy: given.entropy,
      gzip: given.gzip,
      compressor: compressor ?? 'gzip',
      bootstrap: given.bootstrap,
      seed: wholeNumber(given.seed, '--seed') ?? 1,
    }
    const inputs = words.length > 0 ? words : ['-']
    const { found, size, compared } = await followed(async (work) => {
      let bytes = 0
      const onFile = (more: number) =>
        work.onProgress({ stage: 'reading', done: (bytes += more), unit: 'bytes' })
      const found = await findSources(inputs, options.raw, onFile, work.signal)
      const nothing: TextSize = { bytes: 0, chars: options.raw ? null : 0, words: options.raw ? null : 0 }
      const size = found.sources.reduce((sum, source) => addSizes(sum, source.size), nothing)
      if (given.parity) checkLanguages(found.names, given.reference)
      const compared = await compareTokenizers(names, openTokenizer, found.sources, size, options, work)
      return { found, size, compared }
    })
    const languages = given.parity ? languageRows(found, compared) : []
    const reference =
      languages.find(({ language }) => language === (given.reference ?? found.names[0])) ?? null
    if (given.json) {
      const { tokenizers, skipped } = asJson(compared, found, reference)
      await printJson({ bytes: size.bytes, chars: size.chars, words: size.words, skipped, tokenizers })
      return
    }
    const tables = [mainTable(compared)]
    if (options.entropy) tables.push(entropyTables(compared))
    if (options.gzip) tables.push(gzipTable(compared))
    if (options.bootstrap) tables.push(intervalTable(compared, found.sources.length))
    if (reference) tables.push(parityTable(languages, reference, compared))
    await print(`${tables.join('\n\n')}\n`)
    if (found.skipped.length > 0) process.stderr.write(skippedText(found.skipped))
  },
})

function checkLanguages(names: readonly string[], reference: string | undefined): void {
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) {
    throw usageError(
      `Two inputs are called ${JSON.stringify(twice)}`,
      '--parity knows a language by its file name',
    )
  }
  if (reference !== undefined && !names.includes(reference)) {
    throw usageError(`No input is called ${JSON.stringify(reference)}`, `There are ${names.join(', ')}`)
  }
}

function skippedText(skipped: readonly Skipped[]): string {
  const lines = skipped.slice(0, SHOWN_SKIPPED).map(({ file, reason }) => `  ${file}: ${reason}\n`)
  const more = skipped.length - lines.length
  if (more > 0) lines.push(`  and ${more} more; --json lists all\n`)
  return `${skipped.length} left out:\n${lines.join('')}`
}
