// POST /v1/embeddings: texts to vectors, piece by piece between two steps of the batch, so that a long list holds
// nobody up.
import { embedding } from '../embedding.ts'
import { embeddingRequest } from '../protocol/embeddings.ts'
import { type Call, checkModel, idsOfPrompt, type Service } from '../service.ts'

/** Throws what the protocol, the scheduler and the model throw. */
export async function embeddings(service: Service, call: Call, body: unknown): Promise<Response> {
  const request = embeddingRequest(body, service.limits, service.model.config.dim)
  checkModel(service, request.model)
  const inputs = request.inputs.map((input) => idsOfPrompt(service, input))
  const { model, chunk, scheduler } = service
  const vectors: Float32Array[] = []
  let next = embedding(model, inputs[0]!, request, chunk)
  await scheduler.task(call.client, call.signal, async () => {
    const vector = await next()
    if (!vector) return undefined
    vectors.push(vector)
    const following = inputs[vectors.length]
    if (!following) return true
    next = embedding(model, following, request, chunk)
    return undefined
  })
  const tokens = inputs.reduce((sum, ids) => sum + ids.length, 0)
  service.metrics.promptTokens.add(tokens)
  return Response.json({
    object: 'list',
    model: service.name,
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: request.encoding === 'base64' ? base64(vector) : Array.from(vector),
    })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  })
}

/** float32, little-endian, whatever this machine's order is. */
function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length)
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, 4 * i)
  return bytes.toString('base64')
}
