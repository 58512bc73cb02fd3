// How an error reaches the person or the program that called: `tessera: CODE: message`, or one JSON
// object under --json; both on stderr, so that stdout holds results only.
import { TesseraError } from '../core/index.ts'

const USAGE = 2
const INTERRUPTED = 130

/** A mistake in the command line itself. */
export function usageError(message: string, hint?: string): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', message, { hint })
}

/** The words before `--`, where options stand. */
export function optionWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return end < 0 ? words : words.slice(0, end)
}

/** Prints an error; returns the exit code. */
export function reportFailure(error: unknown, words: readonly string[]): number {
  const json = optionWords(words).includes('--json')
  if (error instanceof TesseraError) {
    process.stderr.write(
      json ? `${JSON.stringify({ error })}\n` : `tessera: ${error.code}: ${error.message}\n`,
    )
    if (error.code === 'CANCELLED') return INTERRUPTED
    return error.code === 'ARGUMENT_INVALID' ? USAGE : 1
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(
    json
      ? `${JSON.stringify({ error: { code: 'INTERNAL', message } })}\n`
      : `tessera: INTERNAL: this is a defect of tessera, please report it\n${message}\n`,
  )
  return 1
}
