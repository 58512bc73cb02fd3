// From text to counted words: the pre-tokenizer's pieces go straight into the table. Known patterns are
// scanned as UTF-8 bytes; everything else takes the general components, loaded only then.
import { GPT2_PATTERN, scannerFor, type Scan } from '../scan/index.ts'
import { flatten } from './patterns.ts'
import type { NormalizerSpec, PreTokenizerSpec, Reference } from '../spec.ts'
import { utf8Encode } from '../../core/index.ts'
import { whitespaceScan, type KindScan } from './whitespace-scan.ts'
import type { WordTable } from './word-table.ts'

export interface WordsSpec {
  normalizer: NormalizerSpec | null
  preTokenizer: PreTokenizerSpec | null
  reference: Reference
  /** What a text is to the normalizer and the pre-tokenizer: a document, or each line of it with its end. */
  documents: 'whole' | 'lines'
}

/** Counts the words of `bytes[from .. to]`, well-formed UTF-8. `start`: the text begins a document. */
export type CountPieces = (
  bytes: Uint8Array,
  from: number,
  to: number,
  start: boolean,
  table: Pick<WordTable, 'add'>,
) => void

export async function piecesCounter(spec: WordsSpec): Promise<CountPieces> {
  const one = fastCounter(spec) ?? (await (await import('./general-pieces.ts')).generalCounter(spec))
  if (spec.documents === 'whole') return one
  return (bytes, from, to, _start, table) => {
    for (let at = from; at < to;) {
      const newline = bytes.indexOf(0x0a, at)
      const end = newline < 0 || newline >= to ? to : newline + 1
      one(bytes, at, end, true, table)
      at = end
    }
  }
}

/** A scanner for the whole pre-tokenizer, or null. */
function fastCounter(spec: WordsSpec): CountPieces | null {
  if (spec.normalizer) return null
  const steps = flatten(spec.preTokenizer)
  const last = steps.at(-1)
  const byteLevel = last?.type === 'ByteLevel' ? last : null
  if (byteLevel) steps.pop()
  if (isSentencePiece(steps) && !byteLevel) return countMetaspace('▁', true, true)
  const splits = steps.length
  if (splits > 1 || (splits > 0 && (byteLevel?.add_prefix_space || byteLevel?.use_regex))) return null
  if (splits === 0) {
    if (!byteLevel?.use_regex) return byteLevel?.add_prefix_space ? null : countWhole
    const scan = scannerFor(GPT2_PATTERN, spec.reference)
    return scan && countScanned(scan, byteLevel.add_prefix_space)
  }
  const step = steps[0]!
  if (step.type === 'Whitespace' || step.type === 'WhitespaceSplit' || step.type === 'BertPreTokenizer')
    return countKinds(whitespaceScan(step.type))
  if (step.type === 'Metaspace' && step.split && !byteLevel)
    return countMetaspace(step.replacement, step.prepend_scheme !== 'never', false)
  if (step.type !== 'Split' || !('Regex' in step.pattern)) return null
  if (step.behavior !== (step.invert ? 'Removed' : 'Isolated')) return null
  const scan = scannerFor(step.pattern.Regex, spec.reference)
  return scan && countScanned(scan, false)
}

const countWhole: CountPieces = (bytes, from, to, _start, table) => {
  if (to > from) table.add(bytes, from, to, 1)
}

function countScanned(scan: Scan, prefixSpace: boolean): CountPieces {
  return (bytes, from, to, start, table) => {
    if (prefixSpace && start && to > from && bytes[from] !== 0x20) {
      const spaced = new Uint8Array(to - from + 1)
      spaced[0] = 0x20
      spaced.set(bytes.subarray(from, to), 1)
      bytes = spaced
      to = spaced.length
      from = 0
    }
    for (let at = from; at < to;) {
      const end = scan(bytes, at, to)
      table.add(bytes, at, end, 1)
      at = end
    }
  }
}

function countKinds({ scan, isSpace }: KindScan): CountPieces {
  return (bytes, from, to, _start, table) => {
    for (let at = from; at < to;) {
      const end = scan(bytes, at, to)
      if (!isSpace(bytes, at)) table.add(bytes, at, end, 1)
      at = end
    }
  }
}

/** The pattern `sentencepiece`. */
function isSentencePiece(steps: readonly PreTokenizerSpec[]): boolean {
  const [lines, spaces, ...more] = steps
  return (
    more.length === 0 &&
    lines?.type === 'Split' &&
    'Regex' in lines.pattern &&
    lines.pattern.Regex === '\\n+' &&
    lines.behavior === 'Isolated' &&
    !lines.invert &&
    spaces?.type === 'Metaspace' &&
    spaces.replacement === '▁' &&
    spaces.prepend_scheme === 'first' &&
    spaces.split
  )
}

/**
 * Words with their space in front, which is written as `mark`. A mark in the text begins a word too. With
 * `breaks`, runs of line breaks are words of their own.
 */
function countMetaspace(mark: string, prepend: boolean, breaks: boolean): CountPieces {
  const marked = utf8Encode(mark)
  const { length } = marked
  let word = new Uint8Array(256)
  const isMark = (bytes: Uint8Array, at: number, to: number): boolean => {
    if (at + length > to) return false
    let i = 0
    while (i < length && bytes[at + i] === marked[i]) i++
    return i === length
  }
  return (bytes, from, to, start, table) => {
    for (let at = from; at < to;) {
      const space = bytes[at] === 0x20
      const own = !space && isMark(bytes, at, to)
      const body = space ? at + 1 : own ? at + length : at
      let end = body
      if (breaks && bytes[at] === 0x0a) while (end < to && bytes[end] === 0x0a) end++
      else
        while (
          end < to &&
          bytes[end] !== 0x20 &&
          !(breaks && bytes[end] === 0x0a) &&
          !(bytes[end] === marked[0] && isMark(bytes, end, to))
        )
          end++
      if (!space && !own && !(prepend && start && at === from)) table.add(bytes, at, end, 1)
      else {
        if (word.length < length + end - body) word = new Uint8Array(2 * (length + end - body))
        word.set(marked)
        for (let i = body, put = length; i < end; i++) word[put++] = bytes[i]!
        table.add(word, 0, length + end - body, 1)
      }
      at = end
    }
  }
}
