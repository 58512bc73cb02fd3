// The one error class of the project. Bad input of any kind ends here: a stable `code` for programs,
// and for people what is wrong, where (file, byte, key) and what to do about it.

/** Stable codes: programs may switch on them, so a code is never renamed, only added. */
export type ErrorCode =
  | 'ARGUMENT_INVALID' // an option or argument of the wrong type or outside its range
  | 'FILE_NOT_FOUND'
  | 'FILE_UNREADABLE' // exists, but cannot be read (a folder, no permission)
  | 'FILE_TOO_LARGE'
  | 'FILE_WRITE_FAILED'
  | 'FORMAT_UNKNOWN' // the bytes are of no format that we read
  | 'FORMAT_INVALID' // a known format, broken: truncated, wrong types, out-of-range offsets, cycles
  | 'FORMAT_UNSUPPORTED' // a valid file that uses something we do not implement
  | 'TOKENIZER_NOT_FOUND' // no built-in, path or package of that name
  | 'ID_OUT_OF_RANGE' // a token id that the vocabulary does not have
  | 'CONTEXT_OVERFLOW' // more tokens, or a later position, than a model or a server has room for
  | 'SPECIAL_TOKEN_REFUSED' // special-token text in the input under `specials: 'refuse'`
  | 'TEXT_NOT_UTF8'
  | 'TEXT_NOT_REPRESENTABLE' // the vocabulary has neither the piece nor an unknown token
  | 'PATTERN_INVALID' // a regular expression that cannot be compiled
  | 'PATTERN_TOO_COMPLEX' // a regular expression beyond the bounds that keep matching linear
  | 'TEMPLATE_INVALID' // a chat template that fails to parse or to run
  | 'TRAINING_IMPOSSIBLE' // no corpus, or a vocabulary size below the alphabet
  | 'SHAPE_MISMATCH' // tensors whose shapes do not fit an operation or an input
  | 'DTYPE_MISMATCH' // tensors whose element types do not fit
  | 'DIM_UNKNOWN' // a named dimension whose size cannot be known
  | 'NOT_DIFFERENTIABLE' // a gradient through an operation that has none
  | 'TRAINING_DIVERGED' // the loss is no number any more
  | 'RUN_NOT_FOUND' // no training run of that name
  | 'RUN_BUSY' // another training run is under way
  | 'OUT_OF_MEMORY' // a model or a cache that does not fit, said before or while it is made
  | 'RUNTIME_FAILED' // ONNX Runtime refused a graph or failed while running it
  | 'CANCELLED'
  | 'PAPER_NOT_FOUND'
  | 'PAPER_NOT_RUNNABLE'
  | 'PACKAGE_MISSING' // an optional package that this work needs is not installed
  | 'ENDPOINT_FAILED' // a model behind a URL that does not answer, or answers something else
  | 'PORT_IN_USE'
  | 'REQUEST_INVALID' // a request to the server that breaks its protocol: no JSON, an unknown field, a value out of range
  | 'REQUEST_TOO_LARGE' // a body, a batch or a nesting beyond the server's bounds
  | 'QUEUE_FULL' // the server has as much waiting work as it takes; come back later
  | 'TIMED_OUT' // the request's time was over
  | 'UNAUTHORIZED' // no API key, or a wrong one
  | 'MODEL_NOT_FOUND' // the server has no model of that name
  | 'HOST_REFUSED' // a request for another host name than the server's own
  | 'SHUTTING_DOWN' // the server finishes what it has and takes nothing new

export interface ErrorDetails {
  /** Where: a path, a byte offset, a key such as `model.merges[17]`. */
  where?: string
  /** What the reader can do next, as one sentence. */
  hint?: string
  cause?: unknown
}

export class TesseraError extends Error {
  override readonly name = 'TesseraError'
  readonly code: ErrorCode
  readonly where: string | undefined
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(
      message + (details.where ? ` (at ${details.where})` : '') + (details.hint ? `. ${details.hint}` : ''),
      details.cause === undefined ? undefined : { cause: details.cause },
    )
    this.code = code
    this.where = details.where
    this.hint = details.hint
  }

  toJSON(): { code: ErrorCode; message: string; where?: string; hint?: string } {
    return { code: this.code, message: this.message, where: this.where, hint: this.hint }
  }
}
