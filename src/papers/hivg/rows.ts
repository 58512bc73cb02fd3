// From the sums of the experiment to the rows that all papers share.
import type { ResultRow } from '../experiment/result.ts'
import { spreadOf } from '../experiment/tables.ts'
import type { CanvasResult, Lengths, SplitResult } from './result.ts'
import { COMPARED } from './settings.ts'

/** Atomic ids with this many segments. */
function withSegments({ segments }: Lengths, singles: boolean, size = COMPARED, minFrequency = 5): number {
  const found = segments.find(
    (one) => one.singles === singles && one.minFrequency === minFrequency && one.size === size,
  )
  return found?.tokens ?? NaN
}

export function resultRows(canvases: readonly CanvasResult[]): ResultRow[] {
  const rows: ResultRow[] = []
  for (const { canvas, splits, fidelity, zeroMoves } of canvases) {
    const add = (
      metric: string,
      setting: string,
      of: (lengths: Lengths) => number,
      paper: string | null = null,
      baseline: { name: string; of: (lengths: Lengths) => number } | null = null,
    ) => {
      for (const [part, name] of [
        ['heldOut', 'held-out icons'],
        ['unseen', 'unseen set'],
      ] as const) {
        const values = (measure: (lengths: Lengths) => number) =>
          splits.map((split: SplitResult) => measure(split[part]))
        const { mean, spread } = spreadOf(values(of), 'seeds')
        rows.push({
          metric,
          setting: `canvas ${canvas}, ${name}, ${setting}`,
          baseline: baseline && { name: baseline.name, value: spreadOf(values(baseline.of), 'seeds').mean },
          paper: canvas === 784 ? paper : null,
          ours: mean,
          unit: '×',
          spread,
        })
      }
    }
    for (const base of ['qwen3', 'o200k_base']) {
      const isPapers = base === 'qwen3'
      const atomic = (l: Lengths) => l.atoms + l.attributes[base]!
      const segments = (l: Lengths, singles: boolean) => withSegments(l, singles) + l.attributes[base]!
      add(
        'raw → atomic',
        `files in ${base} tokens`,
        (l) => l.raw[base]! / atomic(l),
        isPapers ? '2.63×' : null,
        {
          name: 'raw → canonical text',
          of: (l) => l.raw[base]! / l.canonical[base]!,
        },
      )
      add(
        'atomic → segments',
        `500 segments, pairs only, attributes in ${base}`,
        (l) => atomic(l) / segments(l, false),
        isPapers ? '1.05×' : null,
      )
      add(
        'atomic → segments',
        `500 segments, single commands too, attributes in ${base}`,
        (l) => atomic(l) / segments(l, true),
      )
      add(
        'raw → segments',
        `files in ${base} tokens, 500 segments, single commands too`,
        (l) => l.raw[base]! / segments(l, true),
        isPapers ? '2.76×' : null,
      )
    }
    add(
      'BPE → segments',
      'equal vocabulary, whole files, attributes as bytes',
      (l) => l.raw.bpe! / (withSegments(l, true) + l.attributes.bytes!),
      null,
      {
        name: 'BPE on canonical text → segments',
        of: (l) => l.canonical.bpe! / (withSegments(l, true) + l.attributes.bytes!),
      },
    )
    add(
      'BPE → atomic',
      'path data alone, BPE of equal size trained on it',
      (l) => l.paths.bpe / l.paths.atoms,
      null,
      {
        name: 'BPE on rounded path data → atomic',
        of: (l) => l.paths.canonicalBpe / l.paths.atoms,
      },
    )
    add(
      'BPE → segments',
      'path data alone, 500 segments, single commands too',
      (l) => l.paths.bpe / l.paths.segments,
      null,
      {
        name: 'BPE on rounded path data → segments',
        of: (l) => l.paths.canonicalBpe / l.paths.segments,
      },
    )
    add(
      'o200k_base → segments',
      'path data alone, 500 segments, single commands too',
      (l) => l.paths.o200k / l.paths.segments,
    )
    add('bytes per token', 'path data alone, atomic', (l) => l.paths.bytes / l.paths.atoms, null, {
      name: 'BPE on path data',
      of: (l) => l.paths.bytes / l.paths.bpe,
    })
    rows.push({
      metric: 'moves to nowhere',
      setting: `canvas ${canvas}, all icons, removed per file`,
      baseline: null,
      paper: canvas === 784 ? '0.86' : null,
      ours: zeroMoves,
      unit: 'commands',
      spread: null,
    })
    for (const { set, files, ours, drifting, parsed, stable, farthestPoint } of fidelity) {
      const picture = (metric: string, unit: string, value: number, baseline: number) =>
        rows.push({
          metric,
          setting: `canvas ${canvas}, ${set} (${files} icons at 128 pixels)`,
          baseline: { name: 'distances rounded one by one', value: baseline },
          paper: null,
          ours: value,
          unit,
          spread: null,
        })
      picture('SSIM after tokenising', '', ours.ssim, drifting.ssim)
      picture('PSNR after tokenising', 'dB', ours.psnr, drifting.psnr)
      picture('pixel L1 after tokenising', '', ours.l1, drifting.l1)
      for (const [metric, value, unit] of [
        ['read again and drawn', (100 * Math.min(parsed, ours.drawn)) / files, '%'],
        ['same tokens the second time', (100 * stable) / files, '%'],
        ['largest error of an end point', farthestPoint, 'units'],
      ] as const) {
        rows.push({
          metric,
          setting: `canvas ${canvas}, ${set}`,
          baseline: null,
          paper: null,
          ours: value,
          unit,
          spread: null,
        })
      }
    }
  }
  return rows
}
