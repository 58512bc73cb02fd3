// The same training step written for @jax-js/jax, on its WebAssembly backend: forward, backward, clipping and AdamW
// of the Llama family, jitted as one function. Its arrays are counted by hand: every use but the last takes `.ref`.
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import type { DecoderConfig } from '../src/model/index.ts'
import type { Parameters } from '../src/tensor/index.ts'

type Arrays = Record<string, np.Array>

/** What the optimiser of our trainer does by default. */
const [b1, b2, epsilon, weightDecay, clip] = [0.9, 0.95, 1e-8, 0.1, 1]

export interface JaxStep {
  /** One step; resolves with the loss before the update. */
  train(ids: Int32Array, targets: Int32Array): Promise<number>
}

export async function jaxStep(
  config: DecoderConfig,
  parameters: Parameters,
  [batch, time]: readonly [number, number],
  rate: number,
): Promise<JaxStep> {
  await init('wasm')
  defaultDevice('wasm')
  const { dim, heads, headDim, hidden, layers, epsilon: normEpsilon } = config
  const rows = batch * time

  const frequencies = np.array(
    Float32Array.from({ length: headDim / 2 }, (_, i) => config.ropeTheta ** ((-2 * i) / headDim)),
  )
  const angles = np.arange(time).astype(np.float32).reshape([1, time, 1, 1]).mul(frequencies)
  const cosines = np.cos(angles.ref)
  const sines = np.sin(angles)
  const bias = np.triu(np.ones([time, time]), 1).mul(-1e9)

  const norm = (x: np.Array, gain: np.Array) => {
    const power = np.mean(np.square(x.ref), -1, { keepdims: true })
    return x.mul(np.reciprocal(np.sqrt(power.add(normEpsilon)))).mul(gain)
  }
  const rotate = (x: np.Array) => {
    const [a, b] = np.split(x, 2, -1) as [np.Array, np.Array]
    const first = a.ref.mul(cosines.ref).sub(b.ref.mul(sines.ref))
    return np.concatenate([first, b.mul(cosines.ref).add(a.mul(sines.ref))], -1)
  }
  const loss = (w: Arrays, ids: np.Array, targets: np.Array): np.Array => {
    let x = np.take(w.embedding!.ref, ids, 0)
    for (let l = 0; l < layers; l++) {
      const at = `layers.${l}.`
      const qkv = np
        .matmul(norm(x.ref, w[`${at}norm1`]!), w[`${at}qkv`]!)
        .reshape([batch, time, 3 * heads, headDim])
      const [q, k, v] = np.split(qkv, 3, 2) as [np.Array, np.Array, np.Array]
      const byHead = (one: np.Array) => np.transpose(one, [0, 2, 1, 3])
      const scores = np.matmul(byHead(rotate(q)), np.matrixTranspose(byHead(rotate(k))))
      const p = nn.softmax(scores.mul(headDim ** -0.5).add(bias.ref), -1)
      const attended = np.transpose(np.matmul(p, byHead(v)), [0, 2, 1, 3]).reshape([rows, dim])
      x = x.add(np.matmul(attended, w[`${at}out`]!))
      const [gate, up] = np.split(np.matmul(norm(x.ref, w[`${at}norm2`]!), w[`${at}gateUp`]!), [hidden], -1)
      x = x.add(np.matmul(nn.silu(gate!).mul(up!), w[`${at}down`]!))
    }
    const logits = np.matmul(norm(x, w.norm!), np.transpose(w.embedding!))
    // Gradients of takeAlongAxis are a scatter that `jit` refuses; a one-hot product is fused with its neighbours.
    const picked = nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, config.vocabSize))
    return np.sum(picked).mul(-1 / rows)
  }

  const gradient = valueAndGrad(loss)
  const step = jit((w: Arrays, m: Arrays, v: Arrays, ids: np.Array, targets: np.Array, bend: np.Array) => {
    const [value, g] = gradient(tree.ref(w), ids, targets) as [np.Array, Arrays]
    let squares = np.array(0)
    for (const one of Object.values(g)) squares = squares.add(np.sum(np.square(one.ref)))
    const shrink = np.minimum(np.reciprocal(np.sqrt(squares)).mul(clip), 1)
    const next: { w: Arrays; m: Arrays; v: Arrays } = { w: {}, m: {}, v: {} }
    for (const { name, decay } of parameters.views) {
      const clipped = g[name]!.mul(shrink.ref)
      const m1 = m[name]!.mul(b1).add(clipped.ref.mul(1 - b1))
      const v1 = v[name]!.mul(b2).add(np.square(clipped).mul(1 - b2))
      const [c1, c2] = np.split(bend.ref, 2) as [np.Array, np.Array]
      const direction = m1.ref.div(c1).div(np.sqrt(v1.ref.div(c2)).add(epsilon))
      const pull = decay ? direction.add(w[name]!.ref.mul(weightDecay)) : direction
      next.w[name] = w[name]!.sub(pull.mul(rate))
      next.m[name] = m1
      next.v[name] = v1
    }
    shrink.dispose()
    bend.dispose()
    return { value, ...next }
  })

  const arraysOf = (flat: Float32Array): Arrays =>
    Object.fromEntries(
      parameters.views.map(({ name, shape, start, end }) => [
        name,
        np.array(flat.slice(start, end)).reshape([...shape]),
      ]),
    )
  let w = arraysOf(parameters.values)
  let m = arraysOf(new Float32Array(parameters.count))
  let v = arraysOf(new Float32Array(parameters.count))
  let done = 0
  return {
    async train(ids, targets) {
      done++
      const bend = np.array(Float32Array.of(1 - b1 ** done, 1 - b2 ** done))
      const int = (values: Int32Array) => np.array(values, { dtype: np.int32 })
      const next = step(w, m, v, int(ids), int(targets), bend)
      ;({ w, m, v } = next)
      await blockUntilReady([w, m, v])
      return ((await next.value.data()) as Float32Array)[0]!
    },
  }
}
