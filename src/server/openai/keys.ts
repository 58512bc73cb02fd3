// API keys: who may ask. Keys are compared by their digests in constant time, each with all, so that the time of an
// answer says nothing about how much of a guess was right.
import { createHash, timingSafeEqual } from 'node:crypto'
import { TesseraError } from '../../core/index.ts'

export class ApiKeys {
  private readonly digests: readonly Uint8Array[]

  /** Throws ARGUMENT_INVALID for keys that no header could carry. */
  constructor(keys: readonly string[]) {
    for (const key of keys) {
      if (/^[\x21-\x7e]{1,512}$/.test(key)) continue
      throw new TesseraError('ARGUMENT_INVALID', 'An API key is 1 to 512 printable ASCII characters', {
        hint: 'Leave spaces and other characters out',
      })
    }
    this.digests = keys.map(digest)
  }

  get required(): boolean {
    return this.digests.length > 0
  }

  /** Which key a request has (a number for fairness between clients). Throws UNAUTHORIZED. */
  check(authorization: string | undefined): number {
    const given = digest(/^bearer\s+(\S{1,512})$/i.exec(authorization ?? '')?.[1] ?? '')
    let found = -1
    for (const [i, known] of this.digests.entries()) if (timingSafeEqual(known, given)) found = i
    if (found >= 0) return found
    throw new TesseraError('UNAUTHORIZED', authorization ? 'The API key is wrong' : 'An API key is needed', {
      hint: 'Send the header authorization: Bearer <key>',
    })
  }
}

function digest(key: string): Uint8Array {
  return createHash('sha256').update(key).digest()
}
