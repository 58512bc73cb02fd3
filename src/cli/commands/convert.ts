// tessera convert: any tokenizer that loads → a format that we write.
import { extname } from 'node:path'
import { writeFileAtomic } from '../../core/node.ts'
import {
  type TokenizerSpec,
  writeCompact,
  writeSentencePiece,
  writeTiktokenRanks,
  writeTokenizerJson,
} from '../../tokenizer/index.ts'
import { usageError } from '../failure.ts'
import { print, printJson } from '../io.ts'
import { openTokenizer } from '../tokenizers.ts'
import { jsonOption, seeHelp, verb } from '../verb.ts'

const WRITERS: Record<string, (spec: TokenizerSpec) => Uint8Array | string> = {
  'tokenizer.json': writeTokenizerJson,
  tiktoken: writeTiktokenRanks,
  tess: writeCompact,
  sentencepiece: writeSentencePiece,
}

export const FORMATS: string[] = Object.keys(WRITERS)

/** The format that is asked for, or that the file name says. Throws ARGUMENT_INVALID when neither does. */
export function formatFor(path: string, to: string | undefined): string {
  const byEnding: Record<string, string> = {
    '.json': 'tokenizer.json',
    '.tiktoken': 'tiktoken',
    '.tess': 'tess',
    '.model': 'sentencepiece',
  }
  const format = to ?? byEnding[extname(path).toLowerCase()]
  if (format !== undefined) return format
  throw usageError(`The name ${path} says no format`, `Choose one with --to: ${FORMATS.join(', ')}`)
}

/** Writes a tokenizer file (`-` = stdout). Returns its size in bytes. */
export async function writeTokenizer(spec: TokenizerSpec, path: string, format: string): Promise<number> {
  const written = WRITERS[format]!(spec)
  const data = typeof written === 'string' ? Buffer.from(written) : written
  if (path === '-') await print(data)
  else await writeFileAtomic(path, data)
  return data.length
}

export default verb({
  name: 'tessera convert',
  summary: 'A tokenizer file to another format.',
  words: '<in> <out>',
  details:
    '<in> is whatever --tokenizer takes: a built-in name, an installed package, or a tokenizer.json, tiktoken\n' +
    'ranks, SentencePiece .model, GGUF or .tess file. <out> is a path, or - for stdout. The format follows the\n' +
    'ending of <out> (.json, .tiktoken, .tess, .model) unless --to names it. Ranks hold byte-level BPE only;\n' +
    'a SentencePiece .model holds Unigram, and BPE of characters whose merges follow from scores.',
  options: {
    to: { type: 'enum', options: FORMATS, description: 'Format of <out>' },
    ...jsonOption,
  },
  examples: [
    { command: 'tessera convert o200k_base tokenizer.json', does: 'a built-in vocabulary for Hugging Face' },
    {
      command: 'tessera convert ./tokenizer.json llama.tess',
      does: 'the compact form, which loads several times faster',
    },
    { command: 'tessera convert ./unigram.json unigram.model', does: 'for spm_encode' },
    {
      command: 'tessera convert model.gguf - --to tokenizer.json | head -c 300',
      does: 'the vocabulary inside a GGUF file',
    },
  ],
  async run({ options, words }) {
    const [input, output, ...more] = words
    if (input === undefined || output === undefined || more.length > 0) {
      throw usageError('Name the tokenizer and the file to write', seeHelp('tessera convert'))
    }
    const format = formatFor(output, options.to)
    const tokenizer = await openTokenizer(input)
    const bytes = await writeTokenizer(tokenizer.spec, output, format)
    if (output === '-') return
    if (options.json) await printJson({ file: output, format, bytes, vocabSize: tokenizer.vocabSize })
    else process.stderr.write(`${output}: ${format}, ${tokenizer.vocabSize} ids, ${bytes} bytes\n`)
  },
})
