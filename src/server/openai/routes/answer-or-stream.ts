// The two ways to answer: in one piece when all is done, or event by event. What refuses a request (a full queue, a
// prompt that is too long) is thrown before the first byte, so that it has a status of its own either way.
import { eventStream } from '../events.ts'
import type { Streaming } from '../protocol/streaming.ts'
import type { Work } from '../scheduler/scheduler.ts'
import type { Call, Service } from '../service.ts'

export interface AnswerForms {
  /** From now on what answers say is sent as events. */
  begin(send: (event: unknown) => void): void
  /** The answer in one piece. */
  whole(): unknown
  /** The event that tells the usage. */
  usage(): unknown
}

/** Runs the works. Throws what the scheduler throws; a stream tells of later errors in its events. */
export async function answerOrStream(
  { scheduler }: Service,
  call: Call,
  { stream, includeUsage }: Streaming,
  works: readonly Work[],
  forms: AnswerForms,
): Promise<Response> {
  const ended = Promise.all(scheduler.submit(works))
  if (!stream) {
    await ended
    return Response.json(forms.whole())
  }
  call.streams = true
  return eventStream(async (send) => {
    forms.begin(send)
    try {
      await ended
      if (includeUsage) send(forms.usage())
    } finally {
      call.end()
    }
  }, call.stop)
}
