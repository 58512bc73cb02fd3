// New keys and values can be read in the very run that writes them. The runtime writes an output straight into the
// array that is given for it, and reads an input straight from its array; so a graph that is fed all rows of
// a cache, the ones to be written included, attends to them in one product, once what it reads them with comes
// after what writes them. That saves a third of a step's operators and every copy of scores. Nothing promises
// it, though: it is tried once on a small graph, and where it does not hold (in a page, on a graphics
// processor, in a later version) new rows go into products of their own.
import {
  constant,
  float,
  matmul,
  mul,
  Session,
  type SessionOptions,
  split,
  trace,
  transpose,
} from '../../tensor/index.ts'

const known = new Map<string, Promise<boolean>>()

/** Whether sessions with these options see what they write. */
export function readsWhatItWrites({ providers }: Pick<SessionOptions, 'providers'>): Promise<boolean> {
  const key = JSON.stringify(providers ?? null)
  let answer = known.get(key)
  if (!answer) {
    answer = tried(providers)
    known.set(key, answer)
  }
  return answer
}

async function tried(providers: SessionOptions['providers']): Promise<boolean> {
  const program = trace({ x: float('time', 8), all: float('slots', 4) }, ({ x, all }) => {
    const [query, row] = split(mul(x, constant(Float32Array.of(3), [1])), [4, 4], 1)
    return { row: row!, scores: matmul(query!, transpose(all)) }
  })
  const session = await Session.open(program, { providers })
  try {
    const rows = new Float32Array(12).fill(1, 0, 8)
    const feeds = {
      x: session.tensor(
        'float32',
        Float32Array.from({ length: 8 }, (_, i) => i + 1),
        [1, 8],
      ),
      all: session.tensor('float32', rows, [3, 4]),
    }
    const row = session.tensor('float32', rows.subarray(8), [1, 4])
    const { scores } = await session.runPrepared(feeds, { row, scores: null })
    // (3, 6, 9, 12) · 1, · 1 and · (15, 18, 21, 24).
    return [...(scores!.data as Float32Array)].join() === '30,30,630' && rows[8] === 15
  } finally {
    await session.release()
  }
}
