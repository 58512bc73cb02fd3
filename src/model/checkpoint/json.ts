// JSON from outside that must be an object.
import { TesseraError } from '../../core/index.ts'

export type Json = Readonly<Record<string, unknown>>

/** Throws FORMAT_INVALID. */
export function parseObject(bytes: Uint8Array, where: string): Json {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new TesseraError('FORMAT_INVALID', 'No JSON', { where, cause })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new TesseraError('FORMAT_INVALID', 'No JSON object', { where })
  }
  return json as Json
}
