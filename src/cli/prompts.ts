// The text that a command works on: words of the command line, a file, or stdin.
import { firstMalformedByte, TesseraError, utf8Decode } from '../core/index.ts'
import { usageError } from './failure.ts'
import { readBytes } from './io.ts'
import { type Options, seeHelp } from './verb.ts'

export const fileOption = {
  file: { type: 'string', alias: 'f', valueHint: 'path', description: 'Read a file (- = stdin)' },
} as const satisfies Options

/** Throws ARGUMENT_INVALID, FILE_…, TEXT_NOT_UTF8. */
export async function inputText(
  name: string,
  words: readonly string[],
  file: string | undefined,
): Promise<string> {
  if (words.length > 0 && file !== undefined) throw usageError('Give text or --file, not both', seeHelp(name))
  if (words.length > 0) return words.join(' ')
  const path = file ?? '-'
  const bytes = await readBytes(path)
  const malformed = firstMalformedByte(bytes)
  if (malformed < 0) return utf8Decode(bytes)
  throw new TesseraError('TEXT_NOT_UTF8', `Not UTF-8 text: malformed byte at offset ${malformed}`, {
    where: path === '-' ? 'stdin' : path,
    hint: 'Convert it to UTF-8',
  })
}

/** A number, or undefined when the option is absent. Throws ARGUMENT_INVALID. */
export function anyNumber(value: string | undefined, flag: string): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number)) {
    throw usageError(`${flag} is a number; got ${JSON.stringify(value)}`)
  }
  return number
}
