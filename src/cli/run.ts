// Finds the verb, shows its help or runs it.
import { readFile } from 'node:fs/promises'
import { type CommandDef, runCommand } from 'citty'
import { TesseraError } from '../core/index.ts'
import { optionWords, usageError } from './failure.ts'
import { type Group, group, helpOf } from './verb.ts'

const papers = group(
  'tessera papers',
  'Papers about tokens, and those of their methods that run here on your own input.',
  {
    list: {
      summary: 'All papers and whether they run',
      load: async () => (await import('./commands/papers.ts')).list,
    },
    show: { summary: 'One paper', load: async () => (await import('./commands/papers.ts')).show },
    run: {
      summary: "A paper's method on your input",
      load: async () => (await import('./commands/papers.ts')).run,
    },
  },
  'tessera papers <command> --help shows options and examples.',
)

const svg = group(
  'tessera svg',
  'Drawings as tokens: SVG files as typed atomic tokens and learned segments.',
  {
    encode: {
      summary: 'An SVG file to token ids',
      load: async () => (await import('./commands/svg.ts')).encode,
    },
    decode: {
      summary: 'Token ids to an SVG file',
      load: async () => (await import('./commands/svg.ts')).decode,
    },
    train: {
      summary: 'Segment tokens learned from SVG files',
      load: async () => (await import('./commands/svg.ts')).train,
    },
  },
  'tessera svg <command> --help shows options and examples.',
)

const tessera = group(
  'tessera',
  'The token layer of language models: exact and fast tokenizers, and papers that run on your own input.',
  {
    encode: {
      summary: 'Text to token ids',
      load: async () => (await import('./commands/encode.ts')).default,
    },
    decode: {
      summary: 'Token ids to text',
      load: async () => (await import('./commands/decode.ts')).default,
    },
    count: {
      summary: 'Tokens of files, or of stdin',
      load: async () => (await import('./commands/count.ts')).default,
    },
    compare: {
      summary: 'Several tokenizers on the same text',
      load: async () => (await import('./commands/compare.ts')).default,
    },
    audit: {
      summary: 'What a tokenizer hides, on your texts',
      load: async () => (await import('./commands/audit.ts')).default,
    },
    train: {
      summary: 'A new vocabulary from files: BPE, Unigram or WordPiece',
      load: async () => (await import('./commands/train.ts')).default,
    },
    prune: {
      summary: 'A vocabulary without the tokens that your text does not use',
      load: async () => (await import('./commands/prune.ts')).default,
    },
    extend: {
      summary: 'More tokens for a vocabulary, that text reaches',
      load: async () => (await import('./commands/extend.ts')).default,
    },
    convert: {
      summary: 'A tokenizer file to another format',
      load: async () => (await import('./commands/convert.ts')).default,
    },
    pretrain: {
      summary: 'A language model from your text',
      load: async () => (await import('./commands/pretrain.ts')).default,
    },
    generate: {
      summary: 'Text that a model continues',
      load: async () => (await import('./commands/generate.ts')).default,
    },
    score: {
      summary: 'How likely a model finds a text',
      load: async () => (await import('./commands/score.ts')).default,
    },
    embed: {
      summary: 'Texts to vectors',
      load: async () => (await import('./commands/embed.ts')).default,
    },
    model: {
      summary: 'What a model is, needs and lacks',
      load: async () => (await import('./commands/model.ts')).default,
    },
    export: {
      summary: 'A model for other programs: safetensors, GGUF, ONNX',
      load: async () => (await import('./commands/export.ts')).default,
    },
    svg: { summary: 'encode | decode | train, for drawings', load: () => svg },
    papers: { summary: 'list | show | run', load: () => papers },
    serve: {
      summary: 'A model behind an OpenAI-compatible API',
      load: async () => (await import('./commands/serve.ts')).default,
    },
    studio: {
      summary: 'The Studio, in your browser',
      load: async () => (await import('./commands/studio.ts')).default,
    },
  },
  'tessera <command> --help shows options and examples.\nExit codes: 0 done, 1 error, 2 wrong usage, 130 interrupted.',
)

async function version(): Promise<string> {
  const file = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

/** Runs one command line (without `node` and the script). Throws TesseraError; usage errors too. */
export async function runCli(words: readonly string[]): Promise<void> {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
    process.stdout.write(`${await version()}\n`)
    return
  }
  const asksForHelp = optionWords(words).some((word) => word === '--help' || word === '-h')
  let found: Group | CommandDef = tessera
  let rest = words
  while ('entries' in found) {
    const name = rest[0]
    if (name === undefined && !asksForHelp) {
      process.stderr.write(found.help)
      process.exitCode = 2
      return
    }
    if (name === undefined || name === 'help' || (asksForHelp && name.startsWith('-'))) {
      process.stdout.write(found.help)
      return
    }
    const load = found.entries.get(name)
    if (!load) {
      const what = name.startsWith('-') ? `Unknown option ${name}` : `Unknown command ${JSON.stringify(name)}`
      throw usageError(what, `There are: ${[...found.entries.keys()].join(', ')}`)
    }
    found = await load()
    rest = rest.slice(1)
  }
  const command: CommandDef = found
  if (asksForHelp) {
    process.stdout.write(helpOf(command))
    return
  }
  try {
    await runCommand(command, { rawArgs: [...rest] })
  } catch (error) {
    // citty's own complaints (CLIError is not exported) are about usage too.
    if (error instanceof Error && error.name === 'CLIError') {
      throw new TesseraError('ARGUMENT_INVALID', error.message, { cause: error })
    }
    throw error
  }
}
