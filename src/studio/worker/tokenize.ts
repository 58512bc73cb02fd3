// One document through one tokenizer, in pieces: a long text is appended to an incremental encoder, which
// gives the ids of the whole, and between the pieces the worker can report and be called off.
import type { EncodeOptions, Tokenizer } from '../../tokenizer/index.ts'
import { cellsOf } from '../view/glyphs.ts'
import { spansOf, tile, TokenBytes, type Spans } from './spans.ts'

/** Texts up to this many UTF-16 units are encoded at once. */
const AT_ONCE = 1 << 18
const PIECE = 1 << 17

export interface TextDocument {
  bytes: Uint8Array
  /** null: the bytes are not UTF-8, and are encoded as bytes. */
  text: string | null
}

export interface TokenizeOptions {
  specials: EncodeOptions['specials']
  template: boolean
}

export interface Tokenized extends Spans {
  /** `[tokens]` width of each token's visible form, see `cellsOf`. */
  cells: Uint8Array
  /** What to show for tokens that cover no bytes or are special: token string by id. */
  labels: Map<number, string>
  /** Number of different ids. */
  distinct: number
}

/** `pause` is awaited between pieces; it may throw to end the work. */
export async function tokenize(
  tokenizer: Tokenizer,
  document: TextDocument,
  options: TokenizeOptions,
  pause: (done: number) => Promise<void>,
): Promise<Tokenized> {
  const spans = await spansFor(tokenizer, document, options, pause)
  const { ids, starts, ends } = spans
  const cells = new Uint8Array(ids.length)
  const labels = new Map<number, string>()
  const seen = new Uint8Array(tokenizer.vocabSize)
  let distinct = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if (seen[id] === 0) {
      seen[id] = 1
      distinct++
      const info = tokenizer.info(id)
      if (info.special) labels.set(id, info.token)
    }
    let label = labels.get(id)
    if (label === undefined && starts[i] === ends[i]) labels.set(id, (label = tokenizer.info(id).token))
    cells[i] =
      label === undefined ? cellsOf(document.bytes, starts[i]!, ends[i]!) : Math.min(label.length, 127)
  }
  return { ...spans, cells, labels, distinct }
}

async function spansFor(
  tokenizer: Tokenizer,
  { bytes, text }: TextDocument,
  options: TokenizeOptions,
  pause: (done: number) => Promise<void>,
): Promise<Spans> {
  const { specials, template } = options
  const tokens = new TokenBytes(tokenizer)
  if (text === null || text.length > AT_ONCE) {
    const around = templateIds(tokenizer)
    const head = template ? around.head : []
    const tail = template ? around.tail : []
    const inside =
      text === null
        ? tokenizer.encode(bytes, { specials, template: false })
        : await inPieces(tokenizer, text, specials, pause)
    const ids = new Uint32Array(head.length + inside.length + tail.length)
    ids.set(head)
    ids.set(inside, head.length)
    ids.set(tail, head.length + inside.length)
    const spans = tile(ids, tokens, bytes, head.length, tail.length)
    if (spans) return spans
  }
  const encoding = tokenizer.encode(text ?? bytes, { ...options, offsets: true })
  const { specialMask } = encoding
  let head = 0
  while (head < specialMask.length && specialMask[head] === 1) head++
  let tail = 0
  while (tail < specialMask.length - head && specialMask[specialMask.length - 1 - tail] === 1) tail++
  return tile(encoding.ids, tokens, bytes, head, tail) ?? spansOf(encoding)
}

async function inPieces(
  tokenizer: Tokenizer,
  text: string,
  specials: EncodeOptions['specials'],
  pause: (done: number) => Promise<void>,
): Promise<Uint32Array> {
  const encoder = tokenizer.incremental({ specials, template: false })
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + PIECE, text.length)
    const last = text.charCodeAt(end - 1)
    if (end < text.length && last >= 0xd800 && last < 0xdc00) end++
    encoder.append(text.slice(at, end))
    at = end
    await pause(at / text.length)
  }
  return encoder.ids
}

/** The ids that the template puts before and behind a text. */
function templateIds(tokenizer: Tokenizer): { head: Uint32Array; tail: Uint32Array } {
  const { ids, specialMask } = tokenizer.encode('a', { offsets: true, template: true })
  let first = 0
  while (first < specialMask.length && specialMask[first] === 1) first++
  let last = specialMask.length
  while (last > first && specialMask[last - 1] === 1) last--
  return { head: ids.slice(0, first), tail: ids.slice(last) }
}
