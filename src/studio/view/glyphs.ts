// How bytes are shown as text: every byte visible, nothing that scrambles the line. Line ends and control
// characters get a picture, invisible and direction-changing characters their code point, and bytes that
// are no whole character their hexadecimal form, since tokens may end inside a character.
import { utf8SequenceLength } from '../../core/index.ts'

/** Characters of the text, in cells of the monospaced grid; a text that ends a line has LINE_END set. */
export const LINE_END = 0x80
const MOST_CELLS = 0x7f

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The visible form of `bytes[start .. end]`. */
export function glyphs(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end;) {
    const plain = plainRun(bytes, i, end)
    if (plain > i) {
      text += decoder.decode(bytes.subarray(i, plain))
      i = plain
      continue
    }
    const length = utf8SequenceLength(bytes, i, end)
    if (length === 0) {
      const run = malformedRun(bytes, i, end)
      const parts = Array.from(bytes.subarray(i, run), (b) => b.toString(16).padStart(2, '0'))
      text += `⟨${parts.join(' ')}⟩`
      i = run
    } else {
      const code = codePoint(bytes, i, length)
      text += picture(code) ?? String.fromCodePoint(code)
      i += length
    }
  }
  return text
}

/** Width of `glyphs(bytes, start, end)` in cells, at most 127, with LINE_END when it ends a line. */
export function cellsOf(bytes: Uint8Array, start: number, end: number): number {
  let cells = 0
  for (let i = start; i < end;) {
    const b = bytes[i]!
    if (b < 0x80) {
      cells++
      i++
      continue
    }
    const length = utf8SequenceLength(bytes, i, end)
    if (length === 0) {
      const run = malformedRun(bytes, i, end)
      cells += 3 * (run - i) + 1
      i = run
    } else {
      const code = codePoint(bytes, i, length)
      cells += picture(code)?.length ?? width(code)
      i += length
    }
  }
  const most = Math.min(Math.max(cells, 1), MOST_CELLS)
  return end > start && bytes[end - 1] === 0x0a ? most | LINE_END : most
}

/** End of the run of printable ASCII that begins at `at`. */
function plainRun(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at]! >= 0x20 && bytes[at]! < 0x7f) at++
  return at
}

function malformedRun(bytes: Uint8Array, at: number, end: number): number {
  let run = at + 1
  while (run < end && bytes[run]! >= 0x80 && utf8SequenceLength(bytes, run, end) === 0) run++
  return run
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  const a = bytes[at]!
  if (length === 1) return a
  let code = a & (0x7f >> length)
  for (let i = 1; i < length; i++) code = (code << 6) | (bytes[at + i]! & 0x3f)
  return code
}

/** What stands for a character that has no look of its own; null when it has one. */
function picture(code: number): string | null {
  if (code === 0x0a) return '↵'
  if (code === 0x09) return '⇥'
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  if (code < 0x80) return null
  const invisible =
    code < 0xa0 ||
    code === 0xad ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff ||
    (code >= 0xe0000 && code <= 0xe0fff)
  return invisible ? `⟨u+${code.toString(16).padStart(4, '0')}⟩` : null
}

/** 0 for combining marks, 2 for East Asian wide characters and emoji, else 1. */
function width(code: number): number {
  if (code < 0x300) return 1
  if (combining.test(String.fromCodePoint(code))) return 0
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return wide ? 2 : 1
}

const combining = /^\p{M}$/u
