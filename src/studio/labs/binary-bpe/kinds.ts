// One colour for each kind of section, in the map and in the table. The name always stands beside it.
import type { SectionKind } from '../../../tokenizer/index.ts'

export const KIND_COLOURS: Record<SectionKind, string> = {
  header: 'light-dark(#6f6a62, #a9a29a)',
  code: 'light-dark(#a8471f, #ef9a72)',
  data: 'light-dark(#1f6f8b, #6fc0da)',
  strings: 'light-dark(#2f7a3f, #82cc8f)',
  symbols: 'light-dark(#8a6a00, #dcb955)',
  debug: 'light-dark(#6b55a8, #b7a6ea)',
  resources: 'light-dark(#a03a6d, #eb95c0)',
  padding: 'light-dark(#9a938a, #6d675f)',
  other: 'light-dark(#55606b, #a3b0bd)',
}
