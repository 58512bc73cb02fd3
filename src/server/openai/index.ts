// The OpenAI-compatible API: what the server room shows of it.
export {
  DEFAULT_API_PORT,
  modelNameOf,
  serveModel,
  type ServedModel,
  type ServeModelOptions,
} from './serve.ts'
