// The body of /v1/embeddings.
import type { Pooling } from '../../../embed/index.ts'
import { type Prompt, promptsOf } from './completions.ts'
import { Fields, invalid } from './fields.ts'
import type { ModelLimits } from './sampling.ts'

export interface EmbeddingRequest {
  model: string | undefined
  inputs: readonly Prompt[]
  /** `base64`: float32, little-endian; the official clients ask for it unless told otherwise. */
  encoding: 'float' | 'base64'
  pooling: Pooling
  normalise: boolean
}

const MAX_INPUTS = 2048

/** Throws REQUEST_INVALID. `dim` is the length of the model's vectors. */
export function embeddingRequest(body: unknown, limits: ModelLimits, dim: number): EmbeddingRequest {
  const fields = new Fields(body)
  const request: EmbeddingRequest = {
    model: fields.text('model', 512),
    inputs: promptsOf(fields, 'input', { ...limits, choices: MAX_INPUTS }),
    encoding: fields.oneOf('encoding_format', ['float', 'base64']) ?? 'float',
    pooling: fields.oneOf('pooling', ['mean', 'last', 'cls']) ?? 'mean',
    normalise: fields.flag('normalize') ?? true,
  }
  const empty = request.inputs.findIndex((input) => input.length === 0)
  if (empty >= 0) throw invalid(`input[${empty}]`, 'There is nothing to embed')
  fields.labels('user')
  fields.onlyAs('dimensions', dim)
  fields.end()
  return request
}
