// Which format is this? By content: extensions lie, and a dropped file may have none.
import { TesseraError } from '../../core/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import { isCompact, readCompact } from './compact/index.ts'
import { readGgufVocab } from './gguf.ts'
import { firstKey } from './json-cursor.ts'
import { readSentencePiece } from './sentencepiece.ts'
import { readTiktokenRanks, type RankOptions } from './tiktoken.ts'
import { readTokenizerJson, type TokenizerJsonOptions } from './tokenizer-json/index.ts'

type TokenizerFormat = 'tokenizer.json' | 'tiktoken' | 'sentencepiece' | 'gguf' | 'compact'

/** null = none of the formats that are read here. */
function detectFormat(bytes: Uint8Array): TokenizerFormat | null {
  if (isCompact(bytes)) return 'compact'
  let head = ''
  for (let i = 0; i < Math.min(bytes.length, 512); i++) head += String.fromCharCode(bytes[i]!)
  if (head.startsWith('GGUF')) return 'gguf'
  const text = head.replace(/^\u00ef\u00bb\u00bf/, '')
  if (/^\s*(export\s+default|module\.exports\s*=)\s*\{/.test(text)) return 'tiktoken'
  if (/^\s*\{/.test(text)) {
    const start = head.length - text.length
    const key = firstKey(bytes, start, ['bpe_ranks', 'model'])
    return key === 'bpe_ranks' ? 'tiktoken' : key === 'model' ? 'tokenizer.json' : null
  }
  if (/^[A-Za-z0-9+/]+={0,2} \d+\r?(\n|$)/.test(text)) return 'tiktoken'
  // A SentencePiece model begins with its first piece: field 1, a message, whose first field is the text.
  return bytes.length > 4 && bytes[0] === 0x0a ? 'sentencepiece' : null
}

export interface ReadOptions extends TokenizerJsonOptions {
  /** Split pattern of a rank file that is no public encoding. */
  pattern?: string
  /** Special tokens of a rank file. */
  specials?: RankOptions['specials']
}

/**
 * Reads a tokenizer of any known format. Throws FORMAT_UNKNOWN, and what the reader of the format throws.
 */
export function readTokenizer(bytes: Uint8Array, options: ReadOptions = {}): TokenizerSpec {
  const format = detectFormat(bytes)
  switch (format) {
    case 'compact': {
      const spec = readCompact(bytes)
      return options.name === undefined ? spec : { ...spec, name: options.name }
    }
    case 'tokenizer.json':
      return readTokenizerJson(bytes, options)
    case 'tiktoken':
      return readTiktokenRanks(bytes, {
        name: options.name ?? 'ranks',
        pattern: options.pattern,
        specials: options.specials,
      })
    case 'sentencepiece':
      return readSentencePiece(bytes, options)
    case 'gguf':
      return readGgufVocab(bytes, options)
    case null:
      throw new TesseraError(
        'FORMAT_UNKNOWN',
        bytes.length === 0 ? 'The file is empty' : 'No tokenizer format begins or is built like this',
        {
          where: options.name,
          hint: 'Read are tokenizer.json, tiktoken ranks, SentencePiece .model, GGUF and .tess',
        },
      )
  }
}
