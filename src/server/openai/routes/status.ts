// What the server says about itself: its model, whether it is well, and its numbers.
import { checkModel, type Service } from '../service.ts'
import { hasChatTemplate } from './chat.ts'

function described(service: Service) {
  const { model, name, created, limits } = service
  return {
    id: name,
    object: 'model',
    created,
    owned_by: 'tessera',
    // Beyond OpenAI's fields, as vLLM has them:
    max_model_len: limits.context,
    precision: model.precision,
    family: model.config.family,
    vocab_size: limits.vocab,
    embedding_dim: model.config.dim,
    /** `plain`: the model has none of its own, and gets "User: …" and "Assistant: …" lines. */
    chat_template: hasChatTemplate(service) ? 'tokenizer' : 'plain',
  }
}

export function modelList(service: Service): Response {
  return Response.json({ object: 'list', data: [described(service)] })
}

/** Throws MODEL_NOT_FOUND. */
export function modelOf(service: Service, name: string): Response {
  checkModel(service, name)
  return Response.json(described(service))
}

export function health({ scheduler, name }: Service, draining: boolean): Response {
  const body = { status: draining ? 'draining' : 'ok', model: name, ...scheduler.state }
  return Response.json(body, { status: draining ? 503 : 200 })
}

export function metricsPage({ scheduler, metrics, gauges }: Service): Response {
  const { waiting, reading, running } = scheduler.state
  const { user, system } = process.cpuUsage()
  const text = metrics.text({
    waiting: ['Prompts that wait for a lane', waiting],
    reading: ['Prompts that are being read', reading],
    running: ['Answers that are being written', running],
    ...gauges(),
    cpu_seconds: ['Processor time of the process, all threads', (user + system) / 1e6],
    resident_memory_bytes: ['Memory of the process', process.memoryUsage.rss()],
  })
  return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
}
