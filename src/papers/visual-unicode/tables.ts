// The numbers of a run as tables.
import type { ReportTable } from '../paper.ts'
import { rounded } from '../experiment/tables.ts'
import type { FileReport } from './analyse.ts'
import type { VisualUnicodeResult } from './result.ts'

const ratio = (a: number, b: number) => (b === 0 ? null : rounded(a / b))

export function fileTables(file: FileReport): ReportTable[] {
  return [
    {
      title: `${file.name}: tokens (${file.characters.toLocaleString('en')} characters)`,
      columns: ['tokenizer', 'vocabulary', 'tokens', 'characters per token', 'bytes per token'],
      rows: file.tokenizers.map((t) => [
        t.name,
        t.vocabulary,
        t.tokens,
        ratio(file.characters, t.tokens),
        ratio(file.bytes, t.tokens),
      ]),
    },
    {
      title: `${file.name}: by script`,
      columns: ['script', 'characters', 'tokens', 'characters per token', 'with a glyph', 'without an id'],
      rows: file.scripts.map((s) => [
        s.script,
        s.characters,
        rounded(s.tokens),
        ratio(s.characters, s.tokens),
        `${((100 * s.drawn) / s.characters).toFixed(1)} %`,
        s.outside,
      ]),
    },
    {
      title: `${file.name}: kinds of tokens`,
      columns: ['kind', 'tokens', 'different ids', 'share'],
      rows: file.kinds.map((k) => [
        k.kind,
        k.tokens,
        k.ids,
        `${((100 * k.tokens) / file.tokens).toFixed(1)} %`,
      ]),
    },
  ]
}

/** For the README and the terminal, beside the rows. */
export function furtherTables({ splits, pictures }: VisualUnicodeResult): ReportTable[] {
  const names = splits[0]!.languages.map(({ name }) => name)
  const mean = (name: string, key: 'ours' | 'fewest' | 'bpe' | 'cl100k' | 'o200k') => {
    const values = splits.map(({ languages }) => {
      const one = languages.find((language) => language.name === name)!
      return one.characters / one[key]
    })
    return rounded(values.reduce((sum, value) => sum + value, 0) / values.length)
  }
  const place = (at: number | null) => at ?? 'beyond 100'
  return [
    {
      title: 'Characters per token by language, mean of the splits',
      columns: ['language', 'ours', 'fewest possible', 'BPE, same text', 'cl100k', 'o200k'],
      rows: names.map((name) => [
        name,
        mean(name, 'ours'),
        mean(name, 'fewest'),
        mean(name, 'bpe'),
        mean(name, 'cl100k'),
        mean(name, 'o200k'),
      ]),
    },
    {
      title: 'Tokens that share their picture',
      columns: ['drawing', 'characters', 'n-grams', 'others', 'groups', 'largest group'],
      rows: pictures.collisions.map((c) => [
        c.setting,
        c.characters,
        c.ngrams,
        c.others,
        c.groups,
        c.largest,
      ]),
    },
    {
      title: 'Place of the one among the neighbours of the other',
      columns: ['of', 'the character', 'centred by the box', 'at its height on the line'],
      rows: pictures.places.map(({ from, to, box, line }) => [from, to, place(box), place(line)]),
    },
  ]
}
