// Token scores in the two forms of the API. A token need not be whole characters: chat answers carry its bytes
// beside the text; the older form writes such a token as `bytes:\xe2\x80`, so that it stays itself.
import { isUtf8 } from 'node:buffer'
import { utf8Decode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import type { AnyScore } from './prompt-scores.ts'

/** JSON has no -Infinity; OpenAI's own value for "next to impossible". */
const IMPOSSIBLE = -9999

function finite(logprob: number): number {
  return Math.max(IMPOSSIBLE, logprob)
}

function exactText(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return utf8Decode(bytes)
  return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`
}

export interface LegacyLogprobsJson {
  tokens: string[]
  token_logprobs: (number | null)[]
  top_logprobs: (Record<string, number> | null)[] | null
  text_offset: number[]
}

/** `logprobs` of /v1/completions: parallel lists. Offsets count UTF-16 units from the beginning of the text. */
export class LegacyLogprobs {
  readonly json: LegacyLogprobsJson
  private readonly tokenizer: Tokenizer
  private readonly withTop: boolean
  private offset = 0

  constructor(tokenizer: Tokenizer, top: number) {
    this.tokenizer = tokenizer
    this.withTop = top > 0
    this.json = this.empty()
  }

  add(tokens: readonly AnyScore[]): void {
    this.addTo(this.json, tokens)
  }

  /** These tokens as the lists of an event of their own. */
  only(tokens: readonly AnyScore[]): LegacyLogprobsJson {
    const json = this.empty()
    this.addTo(json, tokens)
    return json
  }

  private empty(): LegacyLogprobsJson {
    return { tokens: [], token_logprobs: [], top_logprobs: this.withTop ? [] : null, text_offset: [] }
  }

  private addTo(json: LegacyLogprobsJson, tokens: readonly AnyScore[]): void {
    for (const { id, logprob, top } of tokens) {
      const { bytes } = this.tokenizer.info(id)
      json.tokens.push(exactText(bytes))
      json.token_logprobs.push(logprob === null ? null : finite(logprob))
      json.top_logprobs?.push(
        logprob === null
          ? null
          : Object.fromEntries(
              top.map((one) => [exactText(this.tokenizer.info(one.id).bytes), finite(one.logprob)]),
            ),
      )
      json.text_offset.push(this.offset)
      this.offset += utf8Decode(bytes).length
    }
  }
}

/** `logprobs.content` of /v1/chat/completions. */
export function chatLogprobs(tokenizer: Tokenizer, tokens: readonly AnyScore[]) {
  const one = (id: number, logprob: number) => {
    const { bytes } = tokenizer.info(id)
    return { token: utf8Decode(bytes), logprob: finite(logprob), bytes: Array.from(bytes) }
  }
  return tokens.map(({ id, logprob, top }) => ({
    ...one(id, logprob ?? 0),
    top_logprobs: top.map((rival) => one(rival.id, rival.logprob)),
  }))
}
