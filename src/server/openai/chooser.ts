// From a request's fields to what chooses its tokens. A form that was asked for before is not compiled again: an
// application sends the same schema with every request.
import {
  compileConstraint,
  type Constraint,
  type ConstraintSpec,
  samplingOf,
  TokenChooser,
} from '../../decode/index.ts'
import { TesseraError } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import type { Sampling, TextFormat } from './protocol/sampling.ts'

const MOST_FORMS = 8

/** Compiled forms of one tokenizer, the most recently used last. */
export class Forms {
  private readonly tokenizer: Tokenizer
  private readonly compiled = new Map<string, Constraint>()

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer
  }

  /** Null for free text. Throws what `compileConstraint` throws, with the field that is wrong. */
  of(format: TextFormat): Constraint | null {
    const spec = specOf(format)
    if (!spec) return null
    const key = JSON.stringify(spec)
    const constraint = this.compiled.get(key) ?? this.compile(spec, format)
    this.compiled.delete(key)
    this.compiled.set(key, constraint)
    for (const oldest of this.compiled.keys()) {
      if (this.compiled.size <= MOST_FORMS) break
      this.compiled.delete(oldest)
    }
    return constraint
  }

  private compile(spec: ConstraintSpec, { kind }: TextFormat): Constraint {
    try {
      return compileConstraint(spec, this.tokenizer)
    } catch (cause) {
      if (!(cause instanceof TesseraError)) throw cause
      // The reason stays as it is; the place is given as the client knows it.
      const field = {
        text: '',
        json: 'response_format',
        schema: 'response_format',
        regex: 'guided_regex',
        choice: 'guided_choice',
      }[kind]
      throw new TesseraError(cause.code, cause.message, { where: field, cause })
    }
  }
}

function specOf(format: TextFormat): ConstraintSpec | null {
  switch (format.kind) {
    case 'text':
      return null
    case 'json':
      return { json: 'object' }
    case 'schema':
      return { schema: format.schema }
    case 'regex':
      return { regex: format.pattern }
    case 'choice':
      return { choice: format.choices }
  }
}

export interface ChooserInput {
  sampling: Sampling
  prompt: ArrayLike<number>
  /** Which of several answers to one prompt: each draws numbers of its own. */
  index: number
  ends: ReadonlySet<number>
  constraint: Constraint | null
}

export function chooserOf({ sampling, prompt, index, ends, constraint }: ChooserInput): TokenChooser {
  const { topK, topP, ...same } = sampling
  const checked = samplingOf({
    temperature: same.temperature,
    topK: topK === 0 ? undefined : topK,
    // OpenAI's API allows 0, which leaves the likeliest token.
    topP: Math.max(topP, Number.EPSILON),
    minP: same.minP,
    repetitionPenalty: same.repetitionPenalty,
    presencePenalty: same.presencePenalty,
    frequencyPenalty: same.frequencyPenalty,
    logitBias: same.logitBias,
    seed: same.seed,
  })
  return new TokenChooser({ sampling: checked, prompt, index, ends, constraint: constraint?.start ?? null })
}
