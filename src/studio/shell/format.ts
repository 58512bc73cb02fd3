// Numbers and sizes for people. One locale for all: the pages are in English.

const whole = new Intl.NumberFormat('en')

export function count(n: number): string {
  return whole.format(n)
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** `12,345 bytes` or `10.0 MB` (1 MB = 10^6 bytes). */
export function size(bytes: number): string {
  if (bytes < 10_000) return plural(bytes, 'byte')
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}

export function ratio(a: number, b: number): string {
  return b === 0 ? '–' : (a / b).toFixed(2)
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ')
}
