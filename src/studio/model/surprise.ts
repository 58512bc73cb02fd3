// How surprising a token is, for colours and words.

/** From so many bits on, the colour is at its strongest: one in 256. */
export const MOST_BITS = 8

export function bitsOf(logprob: number): number {
  return -logprob / Math.LN2
}

/** 0 (certain) to 1. */
export function strengthOf(logprob: number | null): number {
  return logprob === null ? 0 : Math.min(1, Math.max(0, bitsOf(logprob) / MOST_BITS))
}

/** `93 %`, `4.1 %`, `0.02 %`, `<0.001 %`. */
export function percent(probability: number): string {
  const n = 100 * probability
  if (n >= 99.95) return '100 %'
  if (n >= 10) return `${n.toFixed(0)} %`
  if (n >= 1) return `${n.toFixed(1)} %`
  if (n >= 0.001) return `${n.toPrecision(1)} %`
  return n === 0 ? '0 %' : '<0.001 %'
}
