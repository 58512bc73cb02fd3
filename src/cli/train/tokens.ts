// Tokens as an option's value: separated by commas, or a JSON array where they have commas in them.
import { usageError } from '../failure.ts'
import { seeHelp } from '../verb.ts'

/** undefined when the option is absent. Throws ARGUMENT_INVALID. */
export function tokensOf(list: string | undefined, flag: string, name: string): string[] | undefined {
  if (list === undefined) return undefined
  if (!/^\[\s*["\]]/.test(list)) return list.split(',')
  try {
    const parsed = JSON.parse(list) as unknown
    if (Array.isArray(parsed) && parsed.every((token) => typeof token === 'string')) return parsed
  } catch {
    // said below
  }
  throw usageError(`${flag} begins with [" but is no JSON array of strings`, seeHelp(name))
}
