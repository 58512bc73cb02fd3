// The numbers of a run as tables.
import type { ReportTable } from '../paper.ts'
import type { FileReport } from './analyse.ts'
import type { BinaryBpeResult, GroupResult } from './result.ts'

const round = (x: number | null, digits = 3) => (x === null ? null : Number(x.toFixed(digits)))

export function fileTables(file: FileReport): ReportTable[] {
  const what = [file.format, ...file.architectures].join(' ')
  return [
    {
      title: `${file.name} (${what}, ${file.bytes.toLocaleString('en')} bytes)`,
      columns: ['vocabulary', 'tokens', 'bytes per token', 'ids used'],
      rows: file.sizes.map((s) => [s.size, s.tokens, round(s.bytesPerToken), s.idsUsed]),
    },
    {
      title: `${file.name}: by kind of section, vocabulary ${file.sizes.at(-1)!.size}`,
      columns: ['kind', 'bytes', 'tokens', 'bytes per token'],
      rows: file.kinds.map((k) => [k.kind, k.bytes, k.tokens, round(k.bytesPerToken)]),
    },
    {
      title: `${file.name}: by section`,
      columns: ['section', 'kind', 'start', 'bytes', 'tokens', 'bytes per token'],
      rows: file.sections
        .filter((s) => s.kind !== 'padding')
        .map((s) => [s.name, s.kind, s.start, s.end - s.start, s.tokens, round(s.bytesPerToken)]),
    },
  ]
}

export function resultTables(result: BinaryBpeResult): ReportTable[] {
  const { sizes } = result.settings
  const groups = (title: string, list: readonly GroupResult[]): ReportTable => ({
    title,
    columns: ['', 'files', 'bytes', ...sizes.map(String)],
    rows: list.map((g) => [g.name, g.files, g.bytes, ...g.bytesPerToken.map((x) => round(x))]),
  })
  const cross = (b: { ELF: number; PE: number; 'Mach-O': number }) => [
    round(b.ELF),
    round(b.PE),
    round(b['Mach-O']),
  ]
  return [
    {
      title: `The family on ${result.lossless.of} held-out files (bytes per token)`,
      columns: [
        'vocabulary',
        'all bytes',
        'mean of files',
        '± sd',
        'min',
        'median',
        'max',
        'ids used',
        'bits/byte',
      ],
      rows: result.family.map((f) => [
        f.size,
        round(f.bytesPerToken),
        round(f.overFiles.mean),
        round(f.overFiles.deviation),
        round(f.overFiles.min),
        round(f.overFiles.median),
        round(f.overFiles.max),
        `${(100 * f.vocabularyUsed).toFixed(1)} %`,
        round(f.entropyBitsPerByte),
      ]),
    },
    groups('Bytes per token by format', result.formats),
    groups('Bytes per token by architecture', result.architectures),
    {
      title: `Bytes per token by kind of section, vocabulary ${result.comparedSize}`,
      columns: ['kind', 'files', 'bytes', 'bytes per token'],
      rows: result.kinds.map((k) => [k.name, k.files, k.bytes, round(k.bytesPerToken[0]!)]),
    },
    {
      title: 'Trained on one format, tested on each (bytes per token)',
      columns: ['trained on', 'training bytes', 'vocabulary', 'ELF', 'PE', 'Mach-O'],
      rows: result.cross.map((c) => [c.trainedOn, c.trainingBytes, c.size, ...cross(c.bytesPerToken)]),
    },
    {
      title: 'Text tokenizers on the same files (bytes per token)',
      columns: ['tokenizer', 'vocabulary', 'ELF', 'PE', 'Mach-O', 'note'],
      rows: result.baselines.map((b) => [b.name, b.size, ...cross(b.bytesPerToken), b.note]),
    },
    groups('Controls', [...result.controls, ...(result.machinePrograms ? [result.machinePrograms] : [])]),
    {
      title: 'Vocabulary',
      columns: ['vocabulary', 'mean token bytes', '2 bytes', '3 bytes', '4 bytes', '8 bytes', '16 bytes'],
      rows: result.family.map((f) => [
        f.size,
        round(f.meanTokenBytes),
        ...[2, 3, 4, 8, 16].map((n) => `${(100 * (f.shareByLength[n - 1] ?? 0)).toFixed(1)} %`),
      ]),
    },
  ]
}
