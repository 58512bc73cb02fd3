// The same work in Node and in a page: a small transformer runs once and is trained for a few steps.
import * as t from '../../src/tensor/index.ts'

const [BATCH, TIME, DIM, VOCAB] = [2, 6, 16, 11] as const

const SPECS: t.ParameterSpecs = {
  embedding: { shape: [VOCAB, DIM], initial: { deviation: 0.3 } },
  norm1: { shape: [DIM], initial: { constant: 1 } },
  qkv: { shape: [DIM, 3 * DIM], initial: { deviation: 0.2 } },
  norm2: { shape: [DIM], initial: { constant: 1 } },
  gateUp: { shape: [DIM, 4 * DIM], initial: { deviation: 0.2 } },
  down: { shape: [2 * DIM, DIM], initial: { deviation: 0.2 } },
}

function logits(w: t.Tensors, ids: t.Tensor): t.Tensor {
  let x = t.gather(w.embedding!, ids)
  const angles = t.mul(t.cast(t.range(TIME), 'float32'), 0.1)
  const turn = t.expand(t.reshape(angles, [1, TIME, 1, 1]), [BATCH, TIME, 1, DIM / 2])
  const heads = t.reshape(t.matmul(t.rmsNorm(x, w.norm1!), w.qkv!), [BATCH, TIME, 3, DIM])
  const [q, k, v] = t.split(heads, [1, 1, 1], 2) as [t.Tensor, t.Tensor, t.Tensor]
  const byHead = (one: t.Tensor) => t.transpose(one, [0, 2, 1, 3])
  const rotated = (one: t.Tensor) => byHead(t.rotary(one, t.cos(turn), t.sin(turn)))
  const seen = t.attention(rotated(q), rotated(k), byHead(v), { bias: t.causalBias(TIME) })
  x = t.add(x, t.reshape(t.transpose(seen, [0, 2, 1, 3]), [BATCH, TIME, DIM]))
  const wide = t.matmul(t.rmsNorm(x, w.norm2!), w.gateUp!)
  const [gate, up] = t.split(wide, [2 * DIM, 2 * DIM], -1) as [t.Tensor, t.Tensor]
  x = t.add(x, t.matmul(t.mul(t.silu(gate), up), w.down!))
  return t.matmul(x, t.transpose(w.embedding!))
}

export interface Work {
  logits: number[]
  losses: number[]
  parameters: number[]
}

/** `worker`: the same graph once more in a worker, which must give the same. */
export async function work(options: t.SessionOptions = {}, worker?: string): Promise<Work> {
  const parameters = t.Parameters.initialised(SPECS, 5)
  const tokens = Array.from({ length: BATCH * TIME }, (_, i) => (i * i + 3) % VOCAB)
  const ids = BigInt64Array.from(tokens, BigInt)
  const targets = BigInt64Array.from(tokens, (id) => BigInt((id + 1) % VOCAB))
  const inputs = Object.fromEntries(parameters.views.map(({ name, shape }) => [name, t.float(...shape)]))
  const program = t.trace({ ...inputs, ids: t.ints(BATCH, TIME) }, (x: t.Tensors) => ({
    y: logits(x, x.ids!),
  }))
  const feeds = { ...parameters.feeds(), ids }
  const session = await t.Session.open(program, options)
  const first = [...((await session.run(feeds)).y.data as Float32Array)]
  await session.release()
  if (worker !== undefined) {
    const there = await t.Session.open(program, { ...options, worker: new URL(worker) })
    const again = (await there.run(feeds)).y.data as Float32Array
    await there.release()
    if (again.some((value, i) => value !== first[i])) throw new Error('A worker gives something else')
  }
  const trainer = await t.Trainer.open(
    parameters,
    { ids: t.ints(BATCH, TIME), targets: t.ints(BATCH, TIME) },
    (w, batch) => t.crossEntropy(logits(w, batch.ids!), batch.targets!),
    { ...options, optimiser: t.adamW(), schedule: () => 0.02 },
  )
  const losses = []
  for (let step = 0; step < 5; step++) losses.push((await trainer.train({ ids, targets })).loss)
  await trainer.release()
  const { sessions } = t.sessionMemory()
  if (sessions !== 0) throw new Error(`${sessions} sessions are left`)
  return { logits: first, losses, parameters: [...parameters.values] }
}

Object.assign(globalThis, { work })
