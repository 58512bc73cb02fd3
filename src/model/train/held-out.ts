// Loss on text that training has not seen, in bits per byte of that text, so that models with other tokenizers
// (and compressors) can be compared.
import { crossEntropy, ints, type Parameters, Session, type Tensors, trace } from '../../tensor/index.ts'
import type { Tensor } from '../../tensor/index.ts'

export interface HeldOut {
  name: string
  ids: Uint16Array | Uint32Array
}

/** How long each token is, in bytes; 0 for what stands for no text (end of text). */
export type TokenBytes = Uint8Array | Uint16Array

/** float32 logits `[rows, time, vocab]` of parameters and ids `[rows, time]`. */
export type Logits = (parameters: Tensors, ids: Tensor) => Tensor

export class Evaluator {
  private readonly session: Session<'loss'>
  private readonly parameters: Parameters
  private readonly time: number
  private readonly rows: number
  private readonly tokenBytes: TokenBytes

  private constructor(
    session: Session<'loss'>,
    parameters: Parameters,
    { time, rows, tokenBytes }: { time: number; rows: number; tokenBytes: TokenBytes },
  ) {
    this.session = session
    this.parameters = parameters
    this.time = time
    this.rows = rows
    this.tokenBytes = tokenBytes
  }

  static async open(
    parameters: Parameters,
    logits: Logits,
    options: { time: number; rows: number; tokenBytes: TokenBytes; threads?: number },
  ): Promise<Evaluator> {
    const { views } = parameters
    const inputs = Object.fromEntries(
      views.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape }]),
    )
    const program = trace(
      { ...inputs, ids: ints('rows', 'time'), targets: ints('rows', 'time') },
      (tensors: Tensors) => ({ loss: crossEntropy(logits(tensors, tensors.ids!), tensors.targets!) }),
    )
    return new Evaluator(await Session.open(program, { threads: options.threads }), parameters, options)
  }

  /**
   * Bits per byte over windows of `time` tokens spread evenly over the text (all of it when `windows` is
   * absent); each token is predicted from those before it in its window.
   */
  async bitsPerByte({ ids }: HeldOut, windows = Infinity, values?: Float32Array): Promise<number> {
    const { time, rows, tokenBytes } = this
    const all = Math.floor((ids.length - 1) / time)
    const count = Math.max(1, Math.min(all, windows))
    let nats = 0
    let bytes = 0
    for (let first = 0; first < count; first += rows) {
      const size = Math.min(rows, count - first)
      const inputs = new BigInt64Array(size * time)
      const targets = new BigInt64Array(size * time)
      for (let r = 0; r < size; r++) {
        const start = Math.floor(((first + r) * all) / count) * time
        for (let t = 0; t < time; t++) {
          inputs[r * time + t] = BigInt(ids[start + t] ?? 0)
          const target = ids[start + t + 1] ?? 0
          targets[r * time + t] = BigInt(target)
          bytes += tokenBytes[target]!
        }
      }
      const shape = [size, time]
      const { loss } = await this.session.run({
        ...this.parameters.feeds(values),
        ids: { data: inputs, shape },
        targets: { data: targets, shape },
      })
      nats += (loss.data[0] as number) * size * time
    }
    return nats / Math.LN2 / Math.max(1, bytes)
  }

  async release(): Promise<void> {
    await this.session.release()
  }
}
