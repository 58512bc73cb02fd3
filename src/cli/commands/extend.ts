// tessera extend: more tokens for a vocabulary, named one by one or learnt from a corpus.
import { basename, extname } from 'node:path'
import {
  type ExtendReport,
  extendVocabulary,
  growVocabulary,
  type TokenizerSpec,
} from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { asText, printJson, readBytes } from '../io.ts'
import { followed } from '../progress.ts'
import { openTokenizer, tokenizerOption } from '../tokenizers.ts'
import { saySkipped } from '../train/report.ts'
import { tokensOf } from '../train/tokens.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'
import { FORMATS, formatFor, writeTokenizer } from './convert.ts'

const NAME = 'tessera extend'
const LISTED = 8

export default verb({
  name: NAME,
  summary: 'More tokens for a vocabulary, with the merges or scores that make text reach them.',
  words: '[file|folder…]',
  details:
    'Tokens are named with --tokens or --list, or learnt from files with --grow (BPE): what training would have\n' +
    'learnt next. New ids follow the old ones, none of which moves; new merges rank below the old ones. A token\n' +
    'that no text can reach, because words are cut inside it, is refused and listed.',
  options: {
    ...tokenizerOption,
    output: {
      type: 'string',
      alias: 'o',
      valueHint: 'path',
      description: 'Where to write (required; - = stdout)',
    },
    to: {
      type: 'enum',
      options: FORMATS,
      description: 'Format, where the ending of the path does not say it',
    },
    tokens: {
      type: 'string',
      valueHint: 'a,b,…',
      description: 'New tokens (or a JSON array: spaces in front count where words carry them)',
    },
    list: { type: 'string', valueHint: 'path', description: 'New tokens, one a line (- = stdin)' },
    form: {
      type: 'enum',
      options: ['text', 'token'],
      default: 'text',
      description: 'Tokens are text, or written as in tokenizer.json (Ġword, ▁word, ##ing)',
    },
    grow: {
      type: 'string',
      valueHint: 'n',
      description: 'Learn n tokens from the files (stdin without any)',
    },
    'min-frequency': {
      type: 'string',
      valueHint: 'n',
      description: 'With --grow: merge no pair that is rarer (default 2)',
    },
    'max-token-length': {
      type: 'string',
      valueHint: 'n',
      description: 'With --grow: longest token, in bytes or characters',
    },
    name: { type: 'string', valueHint: 'name', description: "The result's name (default: that of the file)" },
    ...jsonOption,
  },
  examples: [
    {
      command: `tessera extend -t o200k_base -o more.json --tokens '[" kubernetes"," kubectl"]'`,
      does: 'two words with the space before them',
    },
    {
      command: 'tessera extend -t ./tokenizer.json -o medical.json --grow 2000 --json corpus > added.json',
      does: 'the 2000 tokens that a corpus wants most',
    },
  ],
  async run({ options: given, words }) {
    const { output, to, grow } = given
    if (output === undefined) throw usageError('--output is missing', seeHelp(NAME))
    const format = formatFor(output, to)
    const ways = [given.tokens, given.list, grow].filter((way) => way !== undefined)
    if (ways.length !== 1) throw usageError('Give one of --tokens, --list and --grow', seeHelp(NAME))
    for (const option of ['min-frequency', 'max-token-length'] as const)
      if (grow === undefined && given[option] !== undefined)
        throw usageError(`--${option} goes with --grow`, seeHelp(NAME))
    if (grow === undefined && words.length > 0)
      throw usageError('Files are read with --grow only', seeHelp(NAME))
    const name = given.name ?? (output === '-' ? undefined : basename(output, extname(output)))
    const written = async (spec: TokenizerSpec, report: object, say: () => void): Promise<void> => {
      const fileBytes = await writeTokenizer(spec, output, format)
      if (given.json && output !== '-') await printJson({ file: output, format, ...report, fileBytes })
      else say()
    }

    if (grow !== undefined) {
      const count = wholeNumber(grow, '--grow', 1)!
      const how = {
        name,
        minFrequency: wholeNumber(given['min-frequency'], '--min-frequency', 1),
        maxTokenLength: wholeNumber(given['max-token-length'], '--max-token-length', 1),
      }
      const tokenizer = await openTokenizer(given.tokenizer)
      const corpus = words.length > 0 ? { files: words } : [await readBytes('-')]
      const { spec, report } = await followed((work) =>
        growVocabulary(tokenizer, corpus, count, { ...how, ...work }),
      )
      await written(spec, report, () => {
        const [before, after] = report.tokens
        const less = before > 0 ? ((100 * (before - after)) / before).toFixed(1) : '0.0'
        process.stderr.write(
          `${output}: ${format}, ${report.added.length} tokens more; the corpus has ${less} % fewer\n`,
        )
        if (report.exhausted)
          process.stderr.write(
            `${count} were asked for: the text has no more pairs that are frequent enough (--min-frequency)\n`,
          )
        saySkipped(report.skipped)
      })
      return
    }
    const tokens =
      tokensOf(given.tokens, '--tokens', NAME) ??
      asText(await readBytes(given.list!), given.list!)
        .split(/\r?\n/)
        .filter((line) => line !== '')
    const tokenizer = await openTokenizer(given.tokenizer)
    const { spec, report } = await extendVocabulary(tokenizer, tokens, {
      form: given.form as 'text' | 'token',
      name,
    })
    if (report.added.length === 0) {
      const [first] = report.refused
      throw usageError(
        first
          ? `No token can be added: ${JSON.stringify(first.given)}: ${first.reason}`
          : 'All of these tokens are there already',
      )
    }
    await written(spec, report, () => say(output, format, report))
  },
})

function say(output: string, format: string, report: ExtendReport): void {
  const between = report.between.length > 0 ? `, and ${report.between.length} that merges go through` : ''
  const known = report.existing.length > 0 ? `; ${report.existing.length} were there` : ''
  process.stderr.write(`${output}: ${format}, ${report.added.length} tokens more${between}${known}\n`)
  for (const { given, reason } of report.refused.slice(0, LISTED))
    process.stderr.write(`  refused ${JSON.stringify(given)}: ${reason}\n`)
  if (report.refused.length > LISTED)
    process.stderr.write(`  and ${report.refused.length - LISTED} more (--json lists all of them)\n`)
}
