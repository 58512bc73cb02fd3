// Input and output of the commands: bounded reading of files and stdin, and writing that waits for a slow
// reader in place of filling memory.
import { once } from 'node:events'
import { TesseraError, utf8DecodeStrict } from '../core/index.ts'
import { readFileBounded } from '../core/node.ts'

/** Most bytes of one input. A JavaScript string cannot be much longer. */
const MAX_INPUT_BYTES = 500_000_000

/** A file's bytes, or stdin's for `-`. Throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE. */
export async function readBytes(path: string): Promise<Uint8Array> {
  if (path !== '-') return readFileBounded(path, MAX_INPUT_BYTES)
  if (process.stdin.isTTY) process.stderr.write('tessera: reading the terminal; Ctrl-D ends the text\n')
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > MAX_INPUT_BYTES) {
      throw new TesseraError('FILE_TOO_LARGE', `More than ${MAX_INPUT_BYTES} bytes`, {
        where: 'stdin',
        hint: 'Cut the input into parts',
      })
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Bytes as text. Throws TEXT_NOT_UTF8; the hint names --bytes, which all callers have. */
export function asText(bytes: Uint8Array, path: string): string {
  const where = path === '-' ? 'stdin' : path
  try {
    return utf8DecodeStrict(bytes, where)
  } catch (cause) {
    if (!(cause instanceof TesseraError)) throw cause
    // The library's hint speaks to programmers.
    const message = cause.message.slice(0, cause.message.indexOf(' (at '))
    throw new TesseraError('TEXT_NOT_UTF8', message, {
      where,
      hint: 'Use --bytes to tokenize the raw bytes, or convert the file to UTF-8',
      cause,
    })
  }
}

/** Writes to stdout and waits while its reader is behind. */
export async function print(data: string | Uint8Array): Promise<void> {
  if (data.length === 0) return
  if (!process.stdout.write(data)) await once(process.stdout, 'drain')
}

const PART = 65_536

/** A long list without ever holding it as one string: `write(from, to)` gives the text of a part. */
export async function printParts(length: number, write: (from: number, to: number) => string): Promise<void> {
  for (let from = 0; from < length; from += PART) await print(write(from, Math.min(length, from + PART)))
}

export async function printJson(value: unknown): Promise<void> {
  await print(`${JSON.stringify(value)}\n`)
}

/** Lines of cells as aligned columns; the columns named in `left` are text, the others numbers. */
export function alignColumns(lines: readonly (readonly string[])[], left: readonly number[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          left.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
