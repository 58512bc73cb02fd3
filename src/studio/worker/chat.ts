// A conversation as the text that the model was trained to read: the tokenizer's Jinja chat template,
// rendered with the names that Hugging Face's templates expect.
import { Template } from '@huggingface/jinja'
import { TesseraError } from '../../core/index.ts'

export interface Message {
  role: string
  content: string
}

export interface ChatInput {
  template: string
  messages: Message[]
  /** Ends with the opening of the assistant's turn. */
  addGenerationPrompt: boolean
  /** bos_token, eos_token, … */
  namedTokens: Record<string, string>
}

/** Throws TEMPLATE_INVALID. */
export function renderChat(input: ChatInput): string {
  try {
    return new Template(input.template).render({
      messages: input.messages,
      add_generation_prompt: input.addGenerationPrompt,
      ...input.namedTokens,
      strftime_now: (format: string) => dateText(new Date(), format),
      raise_exception: (message: string) => {
        throw new Error(message)
      },
    })
  } catch (cause) {
    throw new TesseraError(
      'TEMPLATE_INVALID',
      `The chat template stopped: ${cause instanceof Error ? cause.message : String(cause)}`,
      { hint: 'Change the messages to what the template allows, or correct the template', cause },
    )
  }
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** The parts of strftime that chat templates use. */
function dateText(date: Date, format: string): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const parts: Record<string, string> = {
    Y: String(date.getFullYear()),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    B: MONTHS[date.getMonth()]!,
    b: MONTHS[date.getMonth()]!.slice(0, 3),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    '%': '%',
  }
  return format.replace(/%([YmdBbHMS%])/g, (_, part: string) => parts[part]!)
}
