// An SVG file before anything is drawn: its elements by id, its style sheets, and the dangers that an untrusted
// file may hold. Those are never acted on, only noted.
import { TesseraError } from '../../core/index.ts'
import { StyleSheet } from './css.ts'
import type { Notes } from './notes.ts'
import { readXml, type XmlElement } from './xml.ts'

export interface SvgDocument {
  root: XmlElement
  byId: ReadonlyMap<string, XmlElement>
  parents: ReadonlyMap<XmlElement, XmlElement>
  sheet: StyleSheet
}

/** Throws FORMAT_INVALID, FORMAT_UNSUPPORTED (XML that is no SVG), FILE_TOO_LARGE. */
export function readDocument(text: string, notes: Notes): SvgDocument {
  const root = readXml(text, notes)
  if (root.name !== 'svg') {
    throw new TesseraError('FORMAT_UNSUPPORTED', `The root element is <${root.name.slice(0, 60)}>`, {
      hint: 'Only files whose root is <svg> are read',
    })
  }
  const byId = new Map<string, XmlElement>()
  const parents = new Map<XmlElement, XmlElement>()
  const sheet = new StyleSheet()
  const waiting = [root]
  for (let element = waiting.pop(); element; element = waiting.pop()) {
    const id = element.attributes.get('id')
    if (id !== undefined && !byId.has(id)) byId.set(id, element)
    for (const [name, value] of element.attributes) {
      if (/^on/i.test(name)) notes.add('refused', 'event handler')
      else if (/^(xlink:)?href$/.test(name) && !value.trim().startsWith('#')) {
        notes.add('refused', /^\s*javascript:/i.test(value) ? 'script' : 'external reference')
      }
    }
    if (element.name === 'script') notes.add('refused', 'script')
    if (element.name === 'style') {
      const type = element.attributes.get('type')
      if (type === undefined || type === '' || type === 'text/css') sheet.add(element.text, notes)
    }
    // Backwards, so that they are visited in the order of the file: the first of two equal ids counts.
    for (let i = element.children.length - 1; i >= 0; i--) {
      parents.set(element.children[i]!, element)
      waiting.push(element.children[i]!)
    }
  }
  return { root, byId, parents, sheet }
}

/** The element that `href` names in this file, or null. */
export function referenceOf(element: XmlElement, document: SvgDocument): XmlElement | null {
  const href = element.attributes.get('href') ?? element.attributes.get('xlink:href')
  return (href?.trim().startsWith('#') && document.byId.get(href.trim().slice(1))) || null
}
