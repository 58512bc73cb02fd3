// Server-sent events: `data: {…}` lines with `[DONE]` at the end, as OpenAI's clients read them. While nothing is to
// be said a comment goes out now and then, so that proxies keep the line open. A reader who lags far behind is
// let go rather than kept in memory.
import { TesseraError } from '../../core/index.ts'
import { failureOf } from './failure.ts'

/** Bytes that a reader may leave unread. */
const MOST_UNREAD = 4_000_000
const PING_MILLISECONDS = 10_000

const encoder = new TextEncoder()

/**
 * A response that `produce` writes, event by event. When the reader goes away or lags, `stop` is called with the
 * reason; when `produce` fails, the error is the last event.
 */
export function eventStream(
  produce: (send: (event: unknown) => void) => Promise<void>,
  stop: (reason: TesseraError) => void,
): Response {
  let ended = false
  let ping: NodeJS.Timeout | undefined
  const end = () => {
    ended = true
    clearInterval(ping)
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => {
          if (ended) return
          controller.enqueue(encoder.encode(text))
          ping?.refresh()
          if ((controller.desiredSize ?? 0) >= -MOST_UNREAD) return
          const reason = new TesseraError('CANCELLED', `The client left ${MOST_UNREAD} bytes unread`)
          end()
          stop(reason)
          controller.error(reason)
        }
        ping = setInterval(() => write(': still here\n\n'), PING_MILLISECONDS)
        ping.unref()
        const send = (event: unknown) => write(`data: ${JSON.stringify(event)}\n\n`)
        void produce(send)
          .catch((error: unknown) => send(failureOf(error).body))
          .finally(() => {
            if (ended) return
            write('data: [DONE]\n\n')
            end()
            controller.close()
          })
      },
      cancel() {
        end()
        stop(new TesseraError('CANCELLED', 'The client has gone'))
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 65_536 }),
  )
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // For nginx, which otherwise holds events back.
      'x-accel-buffering': 'no',
    },
  })
}
