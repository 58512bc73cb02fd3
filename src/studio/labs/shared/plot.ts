// Observable Plot as the pages want it: the page's colours and type, and one name for screen readers.
import * as Plot from '@observablehq/plot'

export const SERIES = [
  'var(--accent)',
  'light-dark(#1f6f8b, #6fc0da)',
  'light-dark(#2f7a3f, #82cc8f)',
  'light-dark(#6b55a8, #b7a6ea)',
  'light-dark(#8a6a12, #d9bd66)',
]

/** A figure that fills `node`; `label` says in a sentence what it shows. */
export function draw(node: HTMLElement, label: string, options: Plot.PlotOptions): void {
  const figure = Plot.plot({
    ...options,
    style: { background: 'none', color: 'var(--ink)', fontFamily: 'var(--sans)', fontSize: '12px' },
  })
  // Plot names the groups of its marks, which only elements with a role may have.
  for (const group of figure.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label')
  figure.setAttribute('role', 'img')
  figure.setAttribute('aria-label', label)
  node.replaceChildren(figure)
}
