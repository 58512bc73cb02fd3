// The vocabularies that come with the Studio, fetched from its own server.
import { builtinTokenizers, loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'
import { TesseraError } from '../../core/index.ts'
import type { BuiltinInfo } from './protocol.ts'

export function builtins(): BuiltinInfo[] {
  return builtinTokenizers.map(({ name, licence, description }) => ({ name, licence, description }))
}

/** Throws TOKENIZER_NOT_FOUND when the server does not have it. */
export async function fetchBuiltin(name: string): Promise<Tokenizer> {
  const answer = await fetch(`/vocabularies/${name}.tess`)
  if (!answer.ok) {
    throw new TesseraError('TOKENIZER_NOT_FOUND', `The server has no vocabulary ${name} (status ${answer.status})`)
  }
  return loadTokenizer(new Uint8Array(await answer.arrayBuffer()))
}
