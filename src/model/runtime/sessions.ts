// The sessions of a model: one for each variant of its graph, made when it is first needed. Weights of a session are
// packed for the processor, so that each costs their memory again; variants that are rare are closed when
// another rare one is opened.
import { Session, type SessionOptions } from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { Family } from '../families/family.ts'
import { inferenceProgram, type Variant } from './graph.ts'
import type { Precision } from './precision.ts'
import type { StoredArrays } from './weights.ts'

export interface SessionSource {
  family: Family
  config: DecoderConfig
  arrays: StoredArrays
  precision: Precision
  options: SessionOptions
  /** See in-place.ts. */
  inPlace: boolean
}

export class Sessions {
  private readonly source: SessionSource
  private readonly open = new Map<string, Promise<Session>>()
  private released = false

  constructor(source: SessionSource) {
    this.source = source
  }

  /** Throws what opening a session throws. */
  async of(variant: Omit<Variant, 'inPlace'>): Promise<Session> {
    const key = JSON.stringify([variant.prefix, variant.patched])
    const known = this.open.get(key)
    if (known) return known
    if (variant.patched.length > 0) await this.closePatched()
    const { family, config, arrays, precision, options, inPlace } = this.source
    const program = inferenceProgram(family, config, arrays, precision, { ...variant, inPlace })
    const session = Session.open(program, options)
    this.open.set(key, session)
    session.catch(() => this.open.delete(key))
    return session
  }

  get inPlace(): boolean {
    return this.source.inPlace
  }

  get isReleased(): boolean {
    return this.released
  }

  private async closePatched(): Promise<void> {
    for (const [key, session] of this.open) {
      if ((JSON.parse(key) as [boolean, string[]])[1].length === 0) continue
      this.open.delete(key)
      await (await session).release()
    }
  }

  async release(): Promise<void> {
    this.released = true
    const sessions = [...this.open.values()]
    this.open.clear()
    for (const session of sessions) await (await session).release()
  }
}
