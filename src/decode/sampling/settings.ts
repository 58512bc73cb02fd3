// How the next token is chosen, as a person says it; checked once, before anything is computed.
import { TesseraError } from '../../core/index.ts'

export interface SamplingOptions {
  /** 0 (default): always the likeliest token. 1: as the model has it; above: flatter. */
  temperature?: number
  /** Draw among the k likeliest tokens. Default: all. */
  topK?: number
  /** Draw among the likeliest tokens that hold this probability together, 0 < p ≤ 1. Default 1: all. */
  topP?: number
  /** Draw among tokens at least this many times as likely as the likeliest, 0 ≤ p ≤ 1. Default 0: all. */
  minP?: number
  /** Above 1: tokens of the prompt and of the answer become less likely. Default 1. */
  repetitionPenalty?: number
  /** Subtracted from the logits of tokens that the answer has. Default 0. */
  presencePenalty?: number
  /** Subtracted for each time that the answer has a token. Default 0. */
  frequencyPenalty?: number
  /** Added to logits, by id; -Infinity rules a token out. */
  logitBias?: Readonly<Record<number, number>> | ReadonlyMap<number, number>
  /** The same seed draws the same tokens from the same logits. Default: another one each time. */
  seed?: number
}

/** All settings, checked. */
export interface Sampling {
  temperature: number
  topK: number
  topP: number
  minP: number
  repetitionPenalty: number
  presencePenalty: number
  frequencyPenalty: number
  logitBias: ReadonlyMap<number, number>
  seed: number
}

/** Throws ARGUMENT_INVALID. */
export function samplingOf(options: SamplingOptions = {}): Sampling {
  const settings = {
    temperature: number(options.temperature, 'temperature', 0, 0, 1e6),
    topK: options.topK ?? Infinity,
    topP: number(options.topP, 'topP', 1, 0, 1),
    minP: number(options.minP, 'minP', 0, 0, 1),
    repetitionPenalty: number(options.repetitionPenalty, 'repetitionPenalty', 1, 0, 1e6),
    presencePenalty: number(options.presencePenalty, 'presencePenalty', 0, -1e6, 1e6),
    frequencyPenalty: number(options.frequencyPenalty, 'frequencyPenalty', 0, -1e6, 1e6),
    logitBias: biasOf(options.logitBias),
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
  }
  if (settings.topK !== Infinity && !(Number.isSafeInteger(settings.topK) && settings.topK > 0)) {
    throw refused('topK', settings.topK, 'a whole number from 1 on')
  }
  if (settings.topP === 0) throw refused('topP', 0, 'a number above 0, up to 1')
  if (settings.repetitionPenalty === 0) throw refused('repetitionPenalty', 0, 'a number above 0')
  if (!Number.isSafeInteger(settings.seed)) throw refused('seed', settings.seed, 'a whole number')
  return settings
}

function number(value: number | undefined, name: string, standard: number, least: number, most: number) {
  if (value === undefined) return standard
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw refused(name, value, `a number from ${least} to ${most}`)
  }
  return value
}

function biasOf(bias: SamplingOptions['logitBias']): ReadonlyMap<number, number> {
  const entries = bias instanceof Map ? [...bias] : Object.entries(bias ?? {})
  return new Map(
    entries.map(([key, value]: [string | number, number]) => {
      const id = Number(key)
      if (!Number.isSafeInteger(id) || id < 0) throw refused('logitBias', key, 'a token id as key')
      if (typeof value !== 'number' || Number.isNaN(value) || value === Infinity) {
        throw refused(`logitBias[${id}]`, value, 'a number, or -Infinity')
      }
      return [id, value]
    }),
  )
}

export function refused(name: string, value: unknown, expected: string): TesseraError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return new TesseraError('ARGUMENT_INVALID', `${name} is ${expected}; got ${shown}`, { where: name })
}
