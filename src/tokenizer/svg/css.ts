// The part of CSS that SVG files use: declarations, and rules whose selectors are a type, classes and an id
// (`.a`, `path.b`, `#c`, `*`), in lists. Combinators, attributes, pseudo-classes and @-rules are left out with a
// note. Rules win over attributes, the `style` attribute over rules, `!important` over all (as in CSS).
import { TesseraError } from '../../core/index.ts'
import { MAX_SELECTORS } from './limits.ts'
import type { Notes } from './notes.ts'

export type Declarations = ReadonlyMap<string, { value: string; important: boolean }>

interface Rule {
  type: string | null
  id: string | null
  classes: readonly string[]
  /** ids, classes, types. */
  weight: number
  declarations: Declarations
}

export class StyleSheet {
  private readonly rules: Rule[] = []

  /** Adds the rules of a `<style>` element. Throws FORMAT_INVALID when there are far too many. */
  add(text: string, notes: Notes): void {
    const source = withoutComments(text)
    let at = 0
    while (at < source.length) {
      const brace = source.indexOf('{', at)
      if (brace < 0) {
        if (/\S/.test(source.slice(at).replace(/^[\s;]*@(import|charset|namespace)[^;]*;?\s*/g, '')))
          notes.add('damaged', 'style sheet')
        if (/@import/.test(source.slice(at))) notes.add('refused', 'external style sheet')
        return
      }
      let head = source.slice(at, brace)
      for (let statement = /^\s*@(import|charset|namespace)[^;]*;/.exec(head); statement;) {
        if (statement[1] === 'import') notes.add('refused', 'external style sheet')
        head = head.slice(statement[0].length)
        statement = /^\s*@(import|charset|namespace)[^;]*;/.exec(head)
      }
      const selectors = head.trim()
      const end = blockEnd(source, brace)
      const body = source.slice(brace + 1, end)
      at = end + 1
      if (selectors.startsWith('@')) {
        notes.add('dropped', 'CSS @-rule')
        continue
      }
      const declarations = parseDeclarations(body)
      for (const selector of selectors.split(',')) this.addRule(selector.trim(), declarations, notes)
    }
  }

  private addRule(selector: string, declarations: Declarations, notes: Notes): void {
    const match = /^(\*|[A-Za-z][\w-]*)?((?:[.#][\w\u00a1-\uffff-]+)*)$/.exec(selector)
    if (!match || selector === '') {
      notes.add('dropped', 'CSS rule with a selector that is not read here')
      return
    }
    if (this.rules.length >= MAX_SELECTORS) {
      throw new TesseraError('FORMAT_INVALID', `More than ${MAX_SELECTORS} CSS selectors`, {
        where: '<style>',
      })
    }
    const parts = match[2]!.match(/[.#][^.#]+/g) ?? []
    const ids = parts.filter((part) => part.startsWith('#')).map((part) => part.slice(1))
    const classes = parts.filter((part) => part.startsWith('.')).map((part) => part.slice(1))
    if (new Set(ids).size > 1) return
    const type = match[1] === undefined || match[1] === '*' ? null : match[1]
    const weight = 10_000 * ids.length + 100 * Math.min(classes.length, 99) + (type ? 1 : 0)
    this.rules.push({ type, id: ids[0] ?? null, classes, weight, declarations })
  }

  /** Declarations for an element, the strongest last. */
  matching(name: string, id: string | undefined, className: string | undefined): Declarations[] {
    if (this.rules.length === 0) return []
    const classes = new Set(className?.split(/\s+/))
    return this.rules
      .filter(
        (rule) =>
          (rule.type === null || rule.type === name) &&
          (rule.id === null || rule.id === id) &&
          rule.classes.every((one) => classes.has(one)),
      )
      .sort((a, b) => a.weight - b.weight)
      .map((rule) => rule.declarations)
  }
}

function withoutComments(text: string): string {
  const parts: string[] = []
  let at = 0
  for (;;) {
    const from = text.indexOf('/*', at)
    parts.push(text.slice(at, from < 0 ? undefined : from))
    if (from < 0) break
    const to = text.indexOf('*/', from + 2)
    if (to < 0) break
    at = to + 2
  }
  return parts.join(' ').replace(/<!--|-->/g, ' ')
}

/** The closing brace of the block that opens at `from`, or the end of the text. */
function blockEnd(text: string, from: number): number {
  let depth = 0
  const brace = /[{}]/g
  brace.lastIndex = from
  for (let match = brace.exec(text); match; match = brace.exec(text)) {
    depth += match[0] === '{' ? 1 : -1
    if (depth === 0) return match.index
  }
  return text.length
}

/** `fill: red; stroke-width: 2px`. Later declarations win; names are lower case. */
export function parseDeclarations(text: string): Declarations {
  const found = new Map<string, { value: string; important: boolean }>()
  for (const part of withoutComments(text).split(';')) {
    const colon = part.indexOf(':')
    if (colon < 0) continue
    const name = part.slice(0, colon).trim().toLowerCase()
    let value = part.slice(colon + 1).trim()
    const important = /!\s*important$/i.test(value)
    if (important) value = value.slice(0, value.lastIndexOf('!')).trim()
    if (found.get(name)?.important && !important) continue
    if (name !== '' && value !== '') found.set(name, { value, important })
  }
  return found
}
