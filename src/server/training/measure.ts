// How fast this machine trains each size: a few real steps of the smaller ones; the largest, whose steps take
// seconds, is scaled from the one before it by its floating-point operations.
import { Random, throwIfCancelled } from '../../core/index.ts'
import { familyOf, TokenData, trainingLogits } from '../../model/index.ts'
import { crossEntropy, ints, muon, Parameters, Trainer } from '../../tensor/index.ts'
import type { SizeName } from './protocol.ts'
import { configOf, flopsPerToken, type Size, SIZES } from './sizes.ts'

export type Speeds = Record<SizeName, { tokensPerSecond: number; measured: 'probe' | 'scaled' }>

/** Throws CANCELLED. */
export async function measureSpeeds(threads: number, signal: AbortSignal): Promise<Speeds> {
  const speeds: Partial<Speeds> = {}
  let known: { size: Size; tokensPerSecond: number } | null = null
  for (const size of SIZES) {
    if (size.name === 'base' && known) {
      const tokensPerSecond = (known.tokensPerSecond * flopsPerToken(known.size)) / flopsPerToken(size)
      speeds[size.name] = { tokensPerSecond, measured: 'scaled' }
    } else {
      const tokensPerSecond = await measure(size, threads, signal)
      speeds[size.name] = { tokensPerSecond, measured: 'probe' }
      known = { size, tokensPerSecond }
    }
  }
  return speeds as Speeds
}

async function measure(size: Size, threads: number, signal: AbortSignal): Promise<number> {
  const { rows, time, vocabSize } = size
  const config = configOf(size, vocabSize, 0)
  const family = familyOf({ architectures: ['LlamaForCausalLM'] })
  const random = new Random(1)
  const ids = Uint16Array.from({ length: 4 * time }, () => random.int(vocabSize))
  const data = new TokenData([{ name: 'noise', ids, weight: 1 }], time, 1)
  const trainer = await Trainer.open(
    Parameters.initialised(family.parameters(config), 1),
    { ids: ints(rows, time), targets: ints(rows, time) },
    (weights, batch) => crossEntropy(trainingLogits(family, config, weights, batch.ids!), batch.targets!),
    { optimiser: muon(), schedule: () => 1e-4, threads },
  )
  try {
    await heard(signal)
    // The first step is slower: memory is laid out in it.
    await trainer.train({ ...data.batch(0, rows) })
    await heard(signal)
    const from = performance.now()
    await trainer.train({ ...data.batch(1, rows) })
    return (rows * time * 1000) / (performance.now() - from)
  } finally {
    await trainer.release()
  }
}

/** Messages have their turn; throws CANCELLED when one of them was to stop. */
async function heard(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  throwIfCancelled(signal)
}
