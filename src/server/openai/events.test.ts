import { describe, expect, it } from 'vitest'
import { TesseraError } from '../../core/index.ts'
import { eventStream } from './events.ts'

const never = (reason: TesseraError): void => {
  throw reason
}

describe('eventStream', () => {
  it('ends with [DONE], after an error too', async () => {
    const good = eventStream(async (send) => send({ a: 'b\nc' }), never)
    expect(good.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await good.text()).toBe('data: {"a":"b\\nc"}\n\ndata: [DONE]\n\n')
    const bad = eventStream(async () => {
      throw new TesseraError('TIMED_OUT', 'Late')
    }, never)
    expect(await bad.text()).toMatch(/^data: \{"error":\{"message":"Late",.*\}\n\ndata: \[DONE\]\n\n$/)
  })

  it('lets a reader go who leaves megabytes unread, and says so', async () => {
    const reasons: string[] = []
    const stream = eventStream(
      async (send) => {
        for (let i = 0; i < 100; i++) send('x'.repeat(100_000))
      },
      ({ message }) => reasons.push(message),
    )
    await expect(stream.text()).rejects.toThrow(/unread/)
    expect(reasons).toHaveLength(1)
  })

  it('stops when the reader leaves', async () => {
    const reasons: string[] = []
    let send: (event: unknown) => void = () => {}
    const stream = eventStream(
      (sender) => {
        send = sender
        return new Promise(() => {})
      },
      ({ code }) => reasons.push(code),
    )
    const reader = stream.body!.getReader()
    send(1)
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n')
    await reader.cancel()
    send(2)
    expect(reasons).toEqual(['CANCELLED'])
  })
})
