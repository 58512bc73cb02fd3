// Whether the answer comes as events, and whether their last one tells what was used.
import { type Fields, invalid } from './fields.ts'

export interface Streaming {
  stream: boolean
  /** A last event with the numbers of tokens. */
  includeUsage: boolean
}

/** Throws REQUEST_INVALID. */
export function streamingOf(fields: Fields): Streaming {
  const stream = fields.flag('stream') ?? false
  const options = fields.object('stream_options')
  if (options && !stream) throw invalid('stream_options', 'Only with stream: true')
  const includeUsage = options?.flag('include_usage') ?? false
  options?.labels('include_obfuscation')
  options?.end()
  return { stream, includeUsage }
}
