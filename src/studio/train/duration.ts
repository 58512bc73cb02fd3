// Times for people: as exact as an estimate can be.

/** `40 s`, `12 min`, `2.8 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  if (seconds < 1) return 'under 1 s'
  if (seconds < 99) return `${Math.round(seconds)} s`
  if (seconds < 99 * 60) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}

/** `0.13 M`, `5.8 M`. */
export function millions(n: number): string {
  return `${(n / 1e6).toFixed(n < 1e6 ? 2 : 1)} M`
}
