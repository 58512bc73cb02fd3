// Errors as OpenAI's clients know them: `{ error: { message, type, param, code } }` with the status that makes a
// client raise the right exception and retry only what may be retried. `code` is our own stable code.
import { type ErrorCode, TesseraError } from '../../core/index.ts'

interface Answer {
  status: 400 | 401 | 403 | 404 | 408 | 413 | 415 | 429 | 499 | 500 | 503 | 504
  type: string
}

const INVALID: Answer = { status: 400, type: 'invalid_request_error' }

/** All other codes are the server's own trouble: 500. */
const ANSWERS: Partial<Record<ErrorCode, Answer>> = {
  REQUEST_INVALID: INVALID,
  ARGUMENT_INVALID: INVALID,
  TEXT_NOT_UTF8: INVALID,
  TEXT_NOT_REPRESENTABLE: INVALID,
  TEMPLATE_INVALID: INVALID,
  ID_OUT_OF_RANGE: INVALID,
  CONTEXT_OVERFLOW: INVALID,
  PATTERN_INVALID: INVALID,
  PATTERN_TOO_COMPLEX: INVALID,
  FORMAT_UNSUPPORTED: INVALID,
  REQUEST_TOO_LARGE: { status: 413, type: 'invalid_request_error' },
  UNAUTHORIZED: { status: 401, type: 'authentication_error' },
  HOST_REFUSED: { status: 403, type: 'permission_error' },
  MODEL_NOT_FOUND: { status: 404, type: 'not_found_error' },
  QUEUE_FULL: { status: 429, type: 'rate_limit_error' },
  TIMED_OUT: { status: 504, type: 'timeout_error' },
  SHUTTING_DOWN: { status: 503, type: 'server_error' },
  // The client is gone; nobody reads this. The number is nginx's.
  CANCELLED: { status: 499, type: 'cancelled' },
}

export interface OpenAiError {
  error: { message: string; type: string; param: string | null; code: string }
}

/** What the client gets to see; a defect of ours says no more than that there is one. */
export function failureOf(error: unknown): { status: Answer['status']; body: OpenAiError } {
  if (!(error instanceof TesseraError)) {
    const message = 'The server failed; its terminal shows why'
    return { status: 500, body: { error: { message, type: 'server_error', param: null, code: 'INTERNAL' } } }
  }
  const { status, type } = ANSWERS[error.code] ?? { status: 500 as const, type: 'server_error' }
  const param = status === 400 || status === 413 ? (error.where ?? null) : null
  return { status, body: { error: { message: error.message, type, param, code: error.code } } }
}

/** An endpoint that there is none of. */
export function notFound(method: string, path: string): OpenAiError {
  const message = `No such endpoint: ${method} ${path.slice(0, 200)}`
  return { error: { message, type: 'invalid_request_error', param: null, code: 'NOT_FOUND' } }
}
