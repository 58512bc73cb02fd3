// A verb of the command line: citty parses and dispatches; what citty lets pass (unknown options, an
// option given twice, a value that is missing, words that nobody asked for) is refused here, and the help
// page has examples.
import { type ArgDef, type ArgsDef, type CommandDef, type ParsedArgs, defineCommand } from 'citty'
import { optionWords, usageError } from './failure.ts'

/** Every option of tessera has a value, or is a switch. */
type OptionDef = Exclude<ArgDef, { type: 'positional' }> & { type: 'string' | 'boolean' | 'enum' }
export type Options = Record<string, OptionDef>

export interface Example {
  command: string
  /** What it does, in half a sentence. */
  does: string
}

export interface Verb<T extends Options> {
  /** As it is typed: `tessera papers run`. */
  name: string
  /** One sentence for lists. */
  summary: string
  /** The words after the options, for the usage line: `[file…]`; absent = none are taken. */
  words?: string
  /** Paragraphs for the help page. */
  details?: string
  options: T
  examples: readonly Example[]
  run(input: { options: ParsedArgs<T>; words: string[] }): Promise<void> | void
}

const helpTexts = new WeakMap<object, string>()

/** The help page of a command made by `verb`. */
export function helpOf(command: object): string {
  return helpTexts.get(command) ?? ''
}

export const jsonOption = {
  json: { type: 'boolean', description: 'Print JSON', default: false },
} as const satisfies Options

/** A citty command that takes exactly its own options. */
export function verb<const T extends Options>(definition: Verb<T>): CommandDef {
  const { name, summary, options } = definition
  const command = defineCommand<ArgsDef>({
    meta: { name, description: summary },
    args: options,
    async run({ args, rawArgs }) {
      checkOptions(rawArgs, options, name)
      const words = args._
      if (words.length > 0 && definition.words === undefined) {
        throw usageError(`${name} takes no arguments; got ${JSON.stringify(words[0])}`, seeHelp(name))
      }
      await definition.run({ options: args as ParsedArgs<ArgsDef> as ParsedArgs<T>, words })
    },
  })
  helpTexts.set(command, verbHelp(definition))
  return command
}

/** A word that only holds others: `tessera papers`. Each is loaded when it is called. */
export interface Group {
  help: string
  entries: ReadonlyMap<string, () => Promise<CommandDef> | Group>
}

export interface GroupEntry {
  summary: string
  load(): Promise<CommandDef> | Group
}

export function group(
  name: string,
  summary: string,
  entries: Record<string, GroupEntry>,
  closing: string,
): Group {
  const lines = Object.entries(entries).map(([word, entry]) => [`  ${name} ${word}`, entry.summary])
  return {
    help: `${summary}\n\n${columns(lines)}\n\n${closing}\n`,
    entries: new Map(Object.entries(entries).map(([word, entry]) => [word, entry.load])),
  }
}

export function seeHelp(name: string): string {
  return `See ${name} --help`
}

function checkOptions(rawArgs: readonly string[], options: Options, name: string): void {
  const byFlag = new Map<string, { option: string; negated: boolean }>()
  for (const [option, def] of Object.entries(options)) {
    byFlag.set(`--${option}`, { option, negated: false })
    for (const alias of [def.alias ?? []].flat()) {
      byFlag.set(dashed(alias), { option, negated: false })
    }
    if (def.type === 'boolean' && def.default === true)
      byFlag.set(`--no-${option}`, { option, negated: true })
  }
  const seen = new Set<string>()
  const words = optionWords(rawArgs)
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (!word.startsWith('-') || word === '-') continue
    const equals = word.indexOf('=')
    const flag = equals < 0 ? word : word.slice(0, equals)
    const known = byFlag.get(flag)
    if (!known) throw usageError(`Unknown option ${flag}`, unknownHint(flag, byFlag, name))
    if (seen.has(known.option)) throw usageError(`--${known.option} is given twice`, seeHelp(name))
    seen.add(known.option)
    const def = options[known.option]!
    if (def.type === 'boolean') {
      if (equals >= 0) throw usageError(`${flag} takes no value`, seeHelp(name))
      continue
    }
    const value = equals < 0 ? words[++i] : word.slice(equals + 1)
    if (value === undefined || value === '' || (equals < 0 && value.startsWith('-') && value !== '-')) {
      throw usageError(`${flag} needs a value`, seeHelp(name))
    }
    if (def.type === 'enum' && def.options && !def.options.includes(value)) {
      throw usageError(`${flag} is one of ${def.options.join(', ')}; got ${value}`, seeHelp(name))
    }
  }
}

function dashed(alias: string): string {
  return alias.length === 1 ? `-${alias}` : `--${alias}`
}

function unknownHint(flag: string, flags: ReadonlyMap<string, unknown>, name: string): string {
  const near = [...flags.keys()].find((known) => known.startsWith(flag) || flag.startsWith(known))
  if (near?.startsWith('--')) return `Did you mean ${near}?`
  return `${seeHelp(name)}; text that begins with - goes after --`
}

/** A whole number of at least `least`, or undefined when the option is absent. */
export function wholeNumber(value: string | undefined, flag: string, least = 0): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < least) {
    throw usageError(`${flag} is a whole number of at least ${least}; got ${JSON.stringify(value)}`)
  }
  return number
}

/** A number above 0, up to 1, or undefined when the option is absent. */
export function share(value: string | undefined, flag: string): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(number > 0 && number <= 1)) {
    throw usageError(`${flag} is a number above 0, up to 1; got ${JSON.stringify(value)}`)
  }
  return number
}

function verbHelp<T extends Options>({ name, summary, words, details, options, examples }: Verb<T>): string {
  const lines = Object.entries(options).map(([option, def]) => {
    const aliases = [def.alias ?? []].flat().map((alias) => `${dashed(alias)}, `)
    const value =
      def.type === 'enum'
        ? ` ${def.options?.join('|')}`
        : def.type === 'string'
          ? ` <${def.valueHint ?? 'value'}>`
          : ''
    const positive = def.type === 'boolean' && def.default === true ? `--no-${option}` : `--${option}`
    const standard =
      def.default !== undefined && typeof def.default !== 'boolean' ? ` (default ${def.default})` : ''
    const description =
      (positive === `--${option}`
        ? undefined
        : 'negativeDescription' in def
          ? def.negativeDescription
          : undefined) ??
      def.description ??
      ''
    return [`  ${aliases.join('')}${positive}${value}`, `${description}${standard}`]
  })
  return [
    summary,
    `Usage: ${name} [options]${words ? ` ${words}` : ''}`,
    ...(details ? [details] : []),
    `Options:\n${columns([...lines, ['  -h, --help', 'This page']])}`,
    `Examples:\n${examples.map(({ command, does }) => `  # ${does}\n  ${command}`).join('\n')}\n`,
  ].join('\n\n')
}

const PAGE_WIDTH = 110

/** Wider options stand on a line of their own, so that one of them does not squeeze all descriptions. */
const MOST_LEFT = 38

/** Two columns; the right one is wrapped at spaces. */
function columns(lines: readonly (readonly string[])[]): string {
  const width = Math.min(MOST_LEFT, Math.max(...lines.map(([left]) => left!.length)))
  const room = PAGE_WIDTH - width - 2
  return lines
    .map(([left, right]) => {
      const parts: string[] = []
      for (const word of right!.split(' ')) {
        const last = parts.at(-1)
        if (last !== undefined && last.length + 1 + word.length <= room)
          parts[parts.length - 1] = `${last} ${word}`
        else parts.push(word)
      }
      const indent = `\n${' '.repeat(width + 2)}`
      const description = parts.join(indent)
      if (left!.length > width && description !== '') return `${left!}${indent}${description}`
      return `${left!.padEnd(width)}  ${description}`.trimEnd()
    })
    .join('\n')
}
