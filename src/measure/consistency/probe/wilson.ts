// The Wilson interval of a share (Wilson 1927): right also for few trials and shares near 0 or 1.

export interface Share {
  count: number
  share: number
  /** 95 % interval. */
  low: number
  high: number
}

const Z = 1.959963984540054

/** A share of 0 with the interval [0, 1] when there were no trials. */
export function wilson(count: number, trials: number): Share {
  if (trials === 0) return { count, share: 0, low: 0, high: 1 }
  const share = count / trials
  const z2 = Z * Z
  const middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
  const half =
    (Z / (1 + z2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials))
  return {
    count,
    share,
    low: count === 0 ? 0 : Math.max(0, middle - half),
    high: count === trials ? 1 : Math.min(1, middle + half),
  }
}
