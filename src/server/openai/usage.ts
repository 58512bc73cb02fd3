// What a request has used, for its answer and for the metrics.
import type { Call, Service } from './service.ts'

export class Usage {
  private readonly service: Service
  private readonly call: Call
  private promptTokens = 0
  private knownTokens = 0
  private generatedTokens = 0

  constructor(service: Service, call: Call) {
    this.service = service
    this.call = call
  }

  prompt(tokens: number): void {
    this.promptTokens += tokens
  }

  /** Tokens of the prompt that were taken from a shared prefix. */
  known(tokens: number): void {
    this.knownTokens += tokens
  }

  /** One token more, of any choice. */
  token(): void {
    const { metrics } = this.service
    if (this.generatedTokens++ === 0) {
      metrics.firstToken.observe((performance.now() - this.call.arrived) / 1000)
    }
    metrics.generatedTokens.add()
  }

  get json() {
    return {
      prompt_tokens: this.promptTokens,
      completion_tokens: this.generatedTokens,
      total_tokens: this.promptTokens + this.generatedTokens,
      prompt_tokens_details: { cached_tokens: this.knownTokens },
    }
  }
}
