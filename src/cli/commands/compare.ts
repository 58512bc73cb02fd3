// tessera compare: the same files through several tokenizers.
import { builtinTokenizers } from '../../tokenizer/index.ts'
import { alignColumns, asText, print, printJson, readBytes } from '../io.ts'
import { bytesOption, openTokenizer } from '../tokenizers.ts'
import { jsonOption, verb } from '../verb.ts'

interface Source {
  file: string
  input: string | Uint8Array
  bytes: number
  /** Unicode code points; null for raw bytes. */
  chars: number | null
}

function codePoints(text: string): number {
  let count = text.length
  // Each pair of surrogates is one.
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--
      i++
    }
  }
  return count
}

async function readSource(file: string, raw: boolean): Promise<Source> {
  const bytes = await readBytes(file)
  if (raw) return { file, input: bytes, bytes: bytes.length, chars: null }
  const text = asText(bytes, file)
  return { file, input: text, bytes: bytes.length, chars: codePoints(text) }
}

/** Rounded for people and for JSON alike; null when there are no tokens to divide by. */
function per(amount: number | null, tokens: number): number | null {
  return amount === null || tokens === 0 ? null : Math.round((amount / tokens) * 1000) / 1000
}

export default verb({
  name: 'tessera compare',
  summary: 'Several tokenizers on the same text.',
  words: '[file…]',
  details:
    'Tokens over all files, and how many bytes and characters (code points) one token stands for: more is\n' +
    'better compression. Templates are left out. - is stdin, which is also read when no file is named.',
  options: {
    tokenizer: {
      type: 'string',
      alias: ['t', 'tokenizers'],
      valueHint: 'a,b,…',
      description: 'Names or paths, separated by commas (default: every built-in)',
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
    { command: 'tessera compare --json < notes.txt', does: 'stdin, with the counts of each file as JSON' },
  ],
  async run({ options, words }) {
    const names =
      options.tokenizer?.split(',').map((name) => name.trim()) ??
      builtinTokenizers.map((builtin) => builtin.name)
    const sources: Source[] = []
    for (const file of words.length > 0 ? words : ['-']) sources.push(await readSource(file, options.bytes))
    const bytes = sources.reduce((sum, source) => sum + source.bytes, 0)
    const chars = options.bytes ? null : sources.reduce((sum, source) => sum + source.chars!, 0)

    const results = []
    for (const name of names) {
      const tokenizer = await openTokenizer(name)
      const files = sources.map(({ file, input }) => ({
        file,
        tokens: tokenizer.count(input, { template: false }),
      }))
      const tokens = files.reduce((sum, file) => sum + file.tokens, 0)
      results.push({
        tokenizer: name,
        vocabSize: tokenizer.vocabSize,
        tokens,
        bytesPerToken: per(bytes, tokens),
        charsPerToken: per(chars, tokens),
        files,
      })
    }
    if (options.json) {
      await printJson({ bytes, chars, tokenizers: results })
      return
    }
    const lines = results.map((result) => [
      result.tokenizer,
      String(result.vocabSize),
      String(result.tokens),
      result.bytesPerToken?.toFixed(3) ?? '–',
      result.charsPerToken?.toFixed(3) ?? '–',
    ])
    const head = ['tokenizer', 'vocabulary', 'tokens', 'bytes/token', 'chars/token']
    await print(`${alignColumns([head, ...lines], [0])}\n`)
  },
})
