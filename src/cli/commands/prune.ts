// tessera prune: a vocabulary without the tokens that a corpus does not use.
import { basename, extname } from 'node:path'
import { writeFileAtomic } from '../../core/node.ts'
import { type PruneReport, pruneVocabulary, type Specials } from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { printJson, readBytes } from '../io.ts'
import { followed } from '../progress.ts'
import { openTokenizer, tokenizerOption } from '../tokenizers.ts'
import { saySkipped } from '../train/report.ts'
import { tokensOf } from '../train/tokens.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'
import { FORMATS, formatFor, writeTokenizer } from './convert.ts'

const NAME = 'tessera prune'
const SPECIALS: Specials[] = ['parse', 'text', 'refuse']

export default verb({
  name: NAME,
  summary: 'A vocabulary without the tokens that your text does not use.',
  words: '[file|folder…]',
  details:
    'A text all of whose tokens are kept is encoded to the same tokens as before; any other can still be written,\n' +
    'with shorter ones. What kept tokens are merged from, special tokens, bytes and characters stay. Ids close up\n' +
    'in the same order (--map says which became which), or stay as they are (--ids stable).',
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
    'min-count': {
      type: 'string',
      valueHint: 'n',
      default: '1',
      description: 'Keep what is used at least so often',
    },
    'vocab-size': {
      type: 'string',
      valueHint: 'n',
      description: 'At most so many tokens, the most used ones',
    },
    keep: {
      type: 'string',
      valueHint: 'a,b,…',
      description: 'Tokens to keep in any case, as tokenizer.json writes them (or a JSON array)',
    },
    ids: {
      type: 'enum',
      options: ['compact', 'stable'],
      default: 'compact',
      description: 'Ids close up, or stay and leave holes',
    },
    map: {
      type: 'string',
      valueHint: 'path',
      description: 'Write {oldSize, newSize, oldToNew} as JSON; null = dropped',
    },
    specials: {
      type: 'enum',
      options: SPECIALS,
      description: "What special-token text in the corpus means (default: the tokenizer's own)",
    },
    name: { type: 'string', valueHint: 'name', description: "The result's name (default: that of the file)" },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera prune -t o200k_base -o small.json docs', does: 'what a folder uses of o200k_base' },
    {
      command: 'tessera prune -t ./tokenizer.json -o small.json --map map.json --vocab-size 16000 corpus.txt',
      does: 'the 16000 most used tokens, and which rows of the embedding they are',
    },
  ],
  async run({ options: given, words }) {
    const { output, to } = given
    if (output === undefined) throw usageError('--output is missing', seeHelp(NAME))
    const format = formatFor(output, to)
    const how = {
      minCount: wholeNumber(given['min-count'], '--min-count', 1),
      vocabSize: wholeNumber(given['vocab-size'], '--vocab-size', 1),
      keep: tokensOf(given.keep, '--keep', NAME),
      ids: given.ids as 'compact' | 'stable',
      specials: given.specials as Specials | undefined,
      name: given.name ?? (output === '-' ? undefined : basename(output, extname(output))),
    }
    const tokenizer = await openTokenizer(given.tokenizer)
    const corpus = words.length > 0 ? { files: words } : [await readBytes('-')]
    const { spec, map, report } = await followed((work) =>
      pruneVocabulary(tokenizer, corpus, { ...how, ...work }),
    )
    const fileBytes = await writeTokenizer(spec, output, format)
    if (given.map !== undefined) {
      const oldToNew = Array.from(map, (id) => (id < 0 ? null : id))
      const newSize = map.reduce((most, id) => Math.max(most, id), -1) + 1
      await writeFileAtomic(given.map, `${JSON.stringify({ oldSize: map.length, newSize, oldToNew })}\n`)
    }
    if (given.json && output !== '-') await printJson({ file: output, format, ...report, fileBytes })
    else say(output, format, report)
  },
})

function say(output: string, format: string, report: PruneReport): void {
  const [before, after] = report.size
  process.stderr.write(`${output}: ${format}, ${after} of ${before} tokens\n`)
  if (report.droppedOccurrences > 0) {
    const share = ((100 * report.droppedOccurrences) / report.tokens).toFixed(2)
    process.stderr.write(
      `${share} % of the corpus's tokens are no longer there: shorter ones take their place\n`,
    )
  }
  saySkipped(report.skipped)
}
