// tessera encode: text, a file or stdin → ids.
import { type Specials } from '../../tokenizer/index.ts'
import { asText, print, printParts, readBytes } from '../io.ts'
import { bytesOption, encodeOptions, openTokenizer, tokenizerOption } from '../tokenizers.ts'
import { usageError } from '../failure.ts'
import { jsonOption, seeHelp, verb, wholeNumber } from '../verb.ts'

export default verb({
  name: 'tessera encode',
  summary: 'Text to token ids.',
  words: '[text…]',
  details:
    'Words are joined by spaces; without words and --file, stdin is read.\n' +
    'Prints ids separated by spaces; with --json {ids, tokens, offsets}, offsets as [start, end] in UTF-16\n' +
    'units of the text (with --bytes: in bytes); with --tokens one line per token.',
  options: {
    ...tokenizerOption,
    file: { type: 'string', alias: 'f', valueHint: 'path', description: 'Read a file (- = stdin)' },
    ...bytesOption,
    ...encodeOptions,
    'max-length': { type: 'string', valueHint: 'n', description: 'Keep at most n ids' },
    tokens: { type: 'boolean', default: false, description: 'One line per token: id, start, end, token' },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera encode "Hello, world"', does: 'ids with o200k_base' },
    { command: 'tessera encode --json "naïve 🙂"', does: 'ids, tokens and offsets' },
    {
      command: 'tessera encode -t ./tokenizer.json -f README.md',
      does: 'a file, with a tokenizer of your own',
    },
    { command: 'echo "some text" | tessera encode -t cl100k_base', does: 'stdin' },
  ],
  async run({ options, words }) {
    if (words.length > 0 && options.file !== undefined) {
      throw usageError('Give text or --file, not both', seeHelp('tessera encode'))
    }
    const maxLength = wholeNumber(options['max-length'], '--max-length')
    const tokenizer = await openTokenizer(options.tokenizer)
    const path = options.file ?? '-'
    const read = async () => (words.length > 0 ? Buffer.from(words.join(' ')) : readBytes(path))
    const bytes = await read()
    const input = options.bytes ? bytes : asText(bytes, path)
    const encodeWith = {
      specials: options.specials as Specials | undefined,
      template: options.template,
      maxLength,
    }

    if (!options.json && !options.tokens) {
      const ids = tokenizer.encode(input, encodeWith)
      await printParts(ids.length, (from, to) => (from > 0 ? ' ' : '') + ids.subarray(from, to).join(' '))
      await print('\n')
      return
    }
    const encoding = tokenizer.encode(input, { ...encodeWith, offsets: true })
    const { ids, tokens } = encoding
    const offsets = options.bytes ? encoding.byteOffsets : encoding.offsets
    if (options.tokens && !options.json) {
      await printParts(ids.length, (from, to) => {
        let lines = ''
        for (let i = from; i < to; i++) {
          lines += `${ids[i]}\t${offsets[2 * i]}\t${offsets[2 * i + 1]}\t${JSON.stringify(tokens[i])}\n`
        }
        return lines
      })
      return
    }
    const list = async (item: (i: number) => string) => {
      await print('[')
      await printParts(ids.length, (from, to) => {
        const items = Array.from({ length: to - from }, (_, i) => item(from + i))
        return (from > 0 ? ',' : '') + items.join(',')
      })
      await print(']')
    }
    await print('{"ids":')
    await list((i) => String(ids[i]))
    await print(',"tokens":')
    await list((i) => JSON.stringify(tokens[i]))
    await print(',"offsets":')
    await list((i) => `[${offsets[2 * i]},${offsets[2 * i + 1]}]`)
    await print('}\n')
  },
})
