// Tables for a terminal and the README: one file's lengths, and the sweeps of the experiment.
import type { ReportTable } from '../paper.ts'
import type { FileReport } from './analyse.ts'
import type { HivgResult } from './result.ts'

const round = (x: number, digits = 3) => Number(x.toFixed(digits))

export function fileTable(file: FileReport): ReportTable {
  return {
    title: `${file.name} (${file.bytes.toLocaleString('en')} bytes, canvas ${file.canvas})`,
    columns: ['sequence', 'tokens', 'bytes per token'],
    rows: file.lengths.map(({ name, tokens }) => [
      name,
      tokens,
      tokens === 0 ? null : round(file.bytes / tokens),
    ]),
  }
}

export function resultTables({ canvases }: HivgResult): ReportTable[] {
  const mean = (values: number[]) => round(values.reduce((sum, x) => sum + x, 0) / values.length)
  const sweep: (string | number)[][] = []
  for (const { canvas, splits } of canvases) {
    splits[0]!.heldOut.segments.forEach(({ singles, minFrequency }, i) => {
      const at = (part: 'heldOut' | 'unseen') =>
        splits.map((split) => split[part].atoms / split[part].segments[i]!.tokens)
      const size = mean(splits.map((split) => split.heldOut.segments[i]!.size))
      sweep.push([
        canvas,
        singles ? 'single commands too' : 'pairs only',
        Math.round(size),
        minFrequency,
        mean(at('heldOut')),
        mean(at('unseen')),
      ])
    })
  }
  return [
    {
      title: 'Atomic → segments without attributes (×), by number of segments M and minimum frequency',
      columns: ['canvas', 'form', 'M', 'f_min', 'held-out icons', 'unseen set'],
      rows: sweep,
    },
    {
      title: 'Pictures before and after, at 128 pixels',
      columns: ['canvas', 'set', 'rounding', 'PSNR (dB)', 'SSIM', '5th percentile', 'worst', 'pixel L1'],
      rows: canvases.flatMap(({ canvas, fidelity }) =>
        fidelity.flatMap(({ set, ours, drifting }) =>
          [['absolute, then relative', ours] as const, ['each distance by itself', drifting] as const].map(
            ([name, p]) => [
              canvas,
              set,
              name,
              round(p.psnr, 2),
              round(p.ssim, 4),
              round(p.ssimFifthPercentile, 4),
              round(p.ssimWorst, 4),
              round(p.l1, 5),
            ],
          ),
        ),
      ),
    },
  ]
}
