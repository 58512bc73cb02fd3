// The files that a paper's method runs on, as every paper takes them.
import { TesseraError } from '../core/index.ts'
import type { PaperFile, PaperInput } from './paper.ts'

/**
 * Bytes alone are one file named `input`. Throws ARGUMENT_INVALID when there is none: `what` names the thing and
 * the deed (`text to merge`), `files` the kind of files (`text files`).
 */
export function filesOf(
  input: PaperInput,
  { what, files }: { what: string; files: string },
): readonly PaperFile[] {
  const given = input instanceof Uint8Array ? [{ name: 'input', bytes: input }] : input
  if (given.length === 0) {
    throw new TesseraError('ARGUMENT_INVALID', `There is no ${what}`, {
      hint: `Name one or more ${files}, or run the experiment`,
    })
  }
  return given
}
