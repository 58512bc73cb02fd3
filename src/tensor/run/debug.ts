// Views that are opened from outside: DEBUG=tessera:graph,tessera:profile,tessera:shapes (or tessera:*) in the
// environment, or `debug` in a page's localStorage. They go to stderr, or to a page's console.
//   tessera:graph    each program as it is opened, after rewriting: name, type and shape, operator, inputs
//   tessera:shapes   each run with sizes not seen before: what named dimensions are, and every shape by them
//   tessera:profile  when a session is released: time by operator, summed over its runs (Node only)

export type View = 'graph' | 'shapes' | 'profile'

function asked(): string {
  if (typeof process === 'object' && process.env) return process.env.DEBUG ?? ''
  const { localStorage } = globalThis as { localStorage?: { getItem(key: string): string | null } }
  try {
    return localStorage?.getItem('debug') ?? ''
  } catch {
    return ''
  }
}

export function viewIsOpen(view: View): boolean {
  const patterns = asked()
    .split(/[\s,]+/)
    .filter(Boolean)
  return patterns.some(
    (pattern) => pattern === `tessera:${view}` || pattern === 'tessera:*' || pattern === '*',
  )
}

/** Each line begins with the view's name, so that several can be told apart. */
export function show(view: View, text: string): void {
  const lines = text.split('\n').map((line) => `tessera:${view} ${line}\n`)
  if (typeof process === 'object' && process.stderr?.write) process.stderr.write(lines.join(''))
  else (globalThis as { console?: { debug(text: string): void } }).console?.debug(lines.join(''))
}
