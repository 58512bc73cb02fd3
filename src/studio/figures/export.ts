// What a reader can take away: a figure as a standalone SVG, a table as CSV or JSON. A figure in the page
// gets its colours from style sheets and variables, which a file does not have: they are written into it.

/** Properties that change how SVG looks; others are left to their defaults. */
const INLINED = [
  'color',
  'display',
  'dominant-baseline',
  'fill',
  'fill-opacity',
  'font-family',
  'font-size',
  'font-style',
  'font-weight',
  'letter-spacing',
  'opacity',
  'stroke',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'stroke-opacity',
  'stroke-width',
  'text-anchor',
  'visibility',
  'white-space',
]

/** The figure as the page shows it now, on the page's own ground. */
export function svgText(figure: SVGSVGElement): string {
  const copy = figure.cloneNode(true) as SVGSVGElement
  const originals = [figure, ...figure.querySelectorAll<SVGElement>('*')]
  const copies = [copy, ...copy.querySelectorAll<SVGElement>('*')]
  for (const [i, original] of originals.entries()) {
    const element = copies[i]!
    if (element.localName === 'style') continue
    const style = getComputedStyle(original)
    const parent = i === 0 ? null : getComputedStyle(original.parentElement!)
    const lines = INLINED.map((name) => [name, style.getPropertyValue(name)])
      // What the parent has already written is inherited, except where it is no inherited property.
      .filter(([name, value]) => value !== '' && (i === 0 || value !== parent!.getPropertyValue(name!)))
    element.removeAttribute('class')
    if (lines.length > 0) {
      element.setAttribute('style', lines.map(([name, value]) => `${name}:${value}`).join(';'))
    } else element.removeAttribute('style')
  }
  for (const style of copy.querySelectorAll('style')) style.remove()
  const { width, height } = figure.getBoundingClientRect()
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  if (!copy.hasAttribute('viewBox')) copy.setAttribute('viewBox', `0 0 ${width} ${height}`)
  copy.setAttribute('width', String(Math.round(width)))
  copy.setAttribute('height', String(Math.round(height)))
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  const [x = 0, y = 0] = (copy.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number)
  for (const [name, value] of Object.entries({ x, y, width: '100%', height: '100%' }))
    ground.setAttribute(name, String(value))
  ground.setAttribute('fill', getComputedStyle(document.body).backgroundColor)
  copy.prepend(ground)
  return `${new XMLSerializer().serializeToString(copy)}\n`
}

export type Cell = string | number | boolean | null

/** RFC 4180: lines end with CR LF; a cell with a comma, quote or line end is quoted. */
export function csvText(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell) => {
    const text = value === null ? '' : String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** One object a row, keyed by the column names. */
export function jsonText(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])))
  return `${JSON.stringify(objects, null, 1)}\n`
}

/** A file name made of a title's letters and digits. */
export function fileName(title: string, ending: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['figure']
  return `${words.slice(0, 10).join('-')}.${ending}`
}

/** Offers the text as a file to save. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser reads the blob after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
