// Text of a model in training: the weights are inputs of the graph, as in training, so that no session has to
// be made anew when they change. Every token reads all before it again, which is little for a short sample.
import { Random } from '../../core/index.ts'
import { type DecoderConfig, familyOf, trainingLogits } from '../../model/index.ts'
import { ints, type Parameters, Session, slice, trace, type Tensors } from '../../tensor/index.ts'

const TEMPERATURE = 0.8

export class TextSampler {
  private readonly session: Session<'logits'>
  private readonly parameters: Parameters
  private readonly config: DecoderConfig

  private constructor(session: Session<'logits'>, parameters: Parameters, config: DecoderConfig) {
    this.session = session
    this.parameters = parameters
    this.config = config
  }

  static async open(config: DecoderConfig, parameters: Parameters, threads: number): Promise<TextSampler> {
    const family = familyOf({ architectures: ['LlamaForCausalLM'] })
    const inputs = Object.fromEntries(
      parameters.views.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape }]),
    )
    const program = trace({ ...inputs, ids: ints(1, 'time') }, (tensors: Tensors) => {
      const logits = trainingLogits(family, config, tensors, tensors.ids!)
      return { logits: slice(logits, 1, -1, 'time') }
    })
    return new TextSampler(await Session.open(program, { threads }), parameters, config)
  }

  /** Ids that follow the prompt: `count`, or fewer when the text ends. The same for the same seed. */
  async sample(prompt: ArrayLike<number>, count: number, seed: number): Promise<Uint32Array> {
    const random = new Random(seed)
    const ids = Array.from(prompt)
    const from = ids.length
    while (ids.length < from + count && ids.length < this.config.maxPositions) {
      const data = BigInt64Array.from(ids, BigInt)
      const { logits } = await this.session.run({
        ...this.parameters.feeds(),
        ids: { data, shape: [1, ids.length] },
      })
      const id = draw(logits.data as Float32Array, random.float())
      if (this.config.eos.includes(id)) break
      ids.push(id)
    }
    return Uint32Array.from(ids.slice(from))
  }

  async release(): Promise<void> {
    await this.session.release()
  }
}

/** An id by its probability at the temperature; `at` in [0, 1). */
function draw(logits: Float32Array, at: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  const weights = Float64Array.from(logits, (x) => Math.exp((x - most) / TEMPERATURE))
  let left = at * weights.reduce((sum, one) => sum + one, 0)
  for (const [id, weight] of weights.entries()) if ((left -= weight) < 0) return id
  return weights.length - 1
}
