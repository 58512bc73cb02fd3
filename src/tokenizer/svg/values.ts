// Lengths, numbers, colours and paint of SVG attributes, to one canonical spelling each.
import { MAX_NUMBER } from './limits.ts'

const LENGTH = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(px|pt|pc|mm|cm|in|em|rem|ex|q|%)?\s*$/i
/** CSS pixels; em and ex without a font: its usual 16 px. */
const UNITS: Record<string, number> = {
  px: 1,
  pt: 4 / 3,
  pc: 16,
  mm: 96 / 25.4,
  cm: 96 / 2.54,
  q: 96 / 101.6,
  in: 96,
  em: 16,
  rem: 16,
  ex: 8,
}

/** A length in user units, or null. `whole`: what 100 % is. */
export function parseLength(text: string | undefined, whole: number): number | null {
  const match = text === undefined ? null : LENGTH.exec(text)
  if (!match) return null
  const value = Number(match[1])
  const unit = match[2]?.toLowerCase()
  const length = unit === '%' ? (value / 100) * whole : value * (unit ? UNITS[unit]! : 1)
  return Math.abs(length) <= MAX_NUMBER ? length : null
}

/** A number or a percentage as a fraction from 0 to 1, or null. */
export function parseFraction(text: string | undefined): number | null {
  const value = parseLength(text, 1)
  return value === null ? null : Math.min(1, Math.max(0, value))
}

/** At most `digits` after the point, no zeros to spare. */
export function shortNumber(value: number, digits = 2): string {
  const text = (Math.round(value * 10 ** digits) / 10 ** digits + 0).toFixed(digits)
  return digits > 0 ? text.replace(/\.?0+$/, '') : text
}

export function parseNumbers(text: string, most: number): number[] | null {
  const words = text.trim().split(/[\s,]+/)
  if (words.length > most || words[0] === '') return null
  const numbers = words.map((word) => parseLength(word, NaN))
  return numbers.every((n) => n !== null && Number.isFinite(n)) ? (numbers as number[]) : null
}

/** `#abc`, a name, `none`, `currentColor`; null for what no colour is. An alpha channel is given apart. */
export function parseColour(text: string): { colour: string; alpha: number } | null {
  const value = text.trim()
  const lower = value.toLowerCase()
  const hex = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.exec(lower)?.[1]
  if (hex) {
    const wide = hex.length <= 4 ? [...hex].map((c) => c + c).join('') : hex
    return {
      colour: shortHex(wide.slice(0, 6)),
      alpha: wide.length === 8 ? parseInt(wide.slice(6), 16) / 255 : 1,
    }
  }
  const call = /^rgba?\(([^()]*)\)$/.exec(lower)
  if (call) {
    const parts = call[1]!.split(/[\s,/]+/).filter((part) => part !== '')
    if (parts.length !== 3 && parts.length !== 4) return null
    const channels = parts.slice(0, 3).map((part) => parseLength(part, 255))
    const alpha = parts.length === 4 ? parseFraction(parts[3]) : 1
    if (alpha === null || channels.some((c) => c === null)) return null
    const byte = (c: number) => Math.min(255, Math.max(0, Math.round(c)))
    return { colour: shortHex(channels.map((c) => byte(c!).toString(16).padStart(2, '0')).join('')), alpha }
  }
  if (lower === 'black') return { colour: '#000', alpha: 1 }
  if (lower === 'white') return { colour: '#fff', alpha: 1 }
  if (lower === 'transparent') return { colour: 'none', alpha: 1 }
  if (lower === 'currentcolor') return { colour: 'currentColor', alpha: 1 }
  return /^[a-z]{3,24}$/.test(lower) && lower !== 'inherit' ? { colour: lower, alpha: 1 } : null
}

function shortHex(six: string): string {
  const doubled = six[0] === six[1] && six[2] === six[3] && six[4] === six[5]
  return doubled ? `#${six[0]}${six[2]}${six[4]}` : `#${six}`
}

/** The name in `url(#name)`; null when it is none of this file; undefined when the value is no url at all. */
export function localReference(value: string): string | null | undefined {
  if (!/^\s*url\s*\(/i.test(value)) return undefined
  const match = /^\s*url\s*\(\s*(['"]?)#([^'")]+)\1\s*\)/i.exec(value)
  return match ? match[2]!.trim() : null
}
