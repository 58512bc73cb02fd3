// tessera count: `wc` for tokens.
import { TesseraError } from '../../core/index.ts'
import { type Specials } from '../../tokenizer/index.ts'
import { reportFailure, usageError } from '../failure.ts'
import { asText, print, printJson, readBytes } from '../io.ts'
import { bytesOption, encodeOptions, openTokenizer, tokenizerOption } from '../tokenizers.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'

interface FileCount {
  file: string
  /** null: over the limit, and not counted further. */
  tokens: number | null
  bytes: number
}

export default verb({
  name: 'tessera count',
  summary: 'Tokens of files, or of stdin.',
  words: '[file…]',
  details:
    'One line per file and a total, as wc does; - is stdin, which is also read when no file is named.\n' +
    'With --limit, counting stops as soon as a file is over it: the file is shown as >n, and the exit code is 1.\n' +
    'A file that cannot be read is reported, the others are still counted, and the exit code is 1.',
  options: {
    ...tokenizerOption,
    text: { type: 'string', valueHint: 'text', description: 'Count this text' },
    limit: { type: 'string', valueHint: 'n', description: 'Most tokens that a file may have' },
    ...bytesOption,
    ...encodeOptions,
    ...jsonOption,
  },
  examples: [
    { command: 'tessera count README.md', does: 'tokens of a file with o200k_base' },
    { command: 'tessera count -t cl100k_base src/*.ts', does: 'tokens of many, with a total' },
    { command: 'tessera count --limit 8000 prompt.txt || echo too long', does: 'a check before a request' },
    { command: 'git diff | tessera count', does: 'stdin' },
  ],
  async run({ options, words }) {
    if (words.length > 0 && options.text !== undefined) {
      throw usageError('Give files or --text, not both', seeHelp('tessera count'))
    }
    const limit = wholeNumber(options.limit, '--limit')
    const how = { specials: options.specials as Specials | undefined, template: options.template }
    const tokenizer = await openTokenizer(options.tokenizer)
    const count = (file: string, bytes: Uint8Array): FileCount => {
      const input = options.bytes ? bytes : asText(bytes, file)
      const tokens =
        limit === undefined ? tokenizer.count(input, how) : tokenizer.countUpTo(input, limit, how)
      return { file, tokens, bytes: bytes.length }
    }
    const shown = (tokens: number | null) => (tokens === null ? `>${limit}` : String(tokens))
    // As wc: a lone count of stdin stands by itself, counts of files are aligned.
    const line = ({ tokens, file }: { tokens: number | null; file: string }) =>
      file === '-' && words.length < 2 ? `${shown(tokens)}\n` : `${shown(tokens).padStart(9)} ${file}\n`

    const counted: FileCount[] = []
    if (options.text !== undefined) {
      counted.push(count('-', Buffer.from(options.text)))
      if (!options.json) await print(line(counted[0]!))
    }
    const files = words.length > 0 || options.text !== undefined ? words : ['-']
    for (const file of files) {
      try {
        const result = count(file, await readBytes(file))
        counted.push(result)
        if (!options.json) await print(line(result))
      } catch (error) {
        if (!(error instanceof TesseraError)) throw error
        process.exitCode = reportFailure(error, options.json ? ['--json'] : [])
      }
    }
    const over = counted.some(({ tokens }) => tokens === null)
    const total = over ? null : counted.reduce((sum, { tokens }) => sum + tokens!, 0)
    if (over) process.exitCode = 1
    if (options.json) {
      const bytes = counted.reduce((sum, file) => sum + file.bytes, 0)
      await printJson({
        tokenizer: tokenizer.name,
        ...(limit === undefined ? {} : { limit }),
        files: counted,
        total: { tokens: total, bytes },
      })
    } else if (counted.length > 1 && total !== null) {
      await print(line({ tokens: total, file: 'total' }))
    }
  },
})
