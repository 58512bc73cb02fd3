// Errors as the pages show them. They cross from the worker and from the server as plain objects.
import { TesseraError } from '../../core/index.ts'

export interface Problem {
  /** A TesseraError's code, or one of this page's own: UNEXPECTED, SERVER_UNREACHABLE. */
  code: string
  message: string
}

/** An error that carries a problem from elsewhere. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof TesseraError) return { code: error.code, message: error.message }
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) }
}
