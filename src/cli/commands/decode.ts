// tessera decode: ids → text, or the exact bytes.
import { asText, print, printJson, readBytes } from '../io.ts'
import { openTokenizer, tokenizerOption } from '../tokenizers.ts'
import { usageError } from '../failure.ts'
import { jsonOption, seeHelp, verb } from '../verb.ts'

/**
 * Ids as a person or a program writes them: separated by spaces or commas, a JSON array, or {"ids": […]}.
 * `name`: of the verb, for its errors. Throws ARGUMENT_INVALID.
 */
export function parseIds(text: string, name: string): number[] {
  const trimmed = text.trim()
  let words: unknown = trimmed === '' ? [] : trimmed.split(/[\s,]+/)
  if (trimmed.startsWith('[') || trimmed.startsWith('{')) {
    try {
      const parsed = JSON.parse(trimmed) as unknown
      words = Array.isArray(parsed) ? parsed : (parsed as { ids?: unknown } | null)?.ids
    } catch (cause) {
      throw usageError(`Not JSON: ${(cause as Error).message}`, seeHelp(name))
    }
  }
  if (!Array.isArray(words)) throw usageError('The JSON object has no list "ids"', seeHelp(name))
  return words.map((word: unknown, i) => {
    const id = typeof word === 'string' && /^\d+$/.test(word) ? Number(word) : word
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0xffffffff) {
      throw usageError(`Not a token id: ${JSON.stringify(word)} at position ${i}`, seeHelp(name))
    }
    return id
  })
}

export default verb({
  name: 'tessera decode',
  summary: 'Token ids to text.',
  words: '[id…]',
  details:
    'Without ids and --file, stdin is read: ids separated by spaces or commas, a JSON array, or the output of\n' +
    'tessera encode --json. Prints the text and nothing else; bytes that are no UTF-8 become U+FFFD.',
  options: {
    ...tokenizerOption,
    file: { type: 'string', alias: 'f', valueHint: 'path', description: 'Read ids from a file (- = stdin)' },
    bytes: { type: 'boolean', default: false, description: "Write the tokens' raw bytes, whatever they are" },
    'skip-specials': { type: 'boolean', default: false, description: 'Leave special tokens out' },
    'keep-specials': { type: 'boolean', default: false, description: 'Keep special tokens' },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera decode 13225 11 2375', does: 'ids as arguments' },
    { command: 'tessera encode "Hello" | tessera decode', does: 'there and back' },
    { command: 'tessera decode --json "[13225, 11]"', does: 'a JSON array in, {"text": …} out' },
  ],
  async run({ options, words }) {
    if (words.length > 0 && options.file !== undefined) {
      throw usageError('Give ids or --file, not both', seeHelp('tessera decode'))
    }
    const skip = options['skip-specials']
    const keep = options['keep-specials']
    if (skip && keep) throw usageError('--skip-specials and --keep-specials exclude each other')
    if (options.bytes && options.json) throw usageError('--bytes and --json exclude each other')
    const path = options.file ?? '-'
    const ids = parseIds(
      words.length > 0 ? words.join(' ') : asText(await readBytes(path), path),
      'tessera decode',
    )
    const tokenizer = await openTokenizer(options.tokenizer)
    const how = skip ? { skipSpecials: true } : keep ? { skipSpecials: false } : {}
    if (options.json) {
      await printJson({ text: tokenizer.decode(ids, how) })
    } else if (options.bytes) {
      await print(tokenizer.decodeBytes(ids, how))
    } else {
      const text = tokenizer.decode(ids, how)
      await print(text)
      if (process.stdout.isTTY && !text.endsWith('\n')) await print('\n')
    }
  },
})
