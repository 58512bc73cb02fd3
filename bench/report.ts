// Runs one compiled bench and prints its rows: a table, or with --json one JSON object.
// Started by scripts/bench.mjs with the bench's file URL and its flags.
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename } from 'node:path'
import { type BenchOptions, type BenchRow } from './harness.ts'

interface BenchModule {
  default: (options: BenchOptions) => Promise<BenchRow[]>
  packages: string[]
}

const [root, file, ...flags] = process.argv.slice(2)
const json = flags.includes('--json')

function versionOf(name: string): string {
  const path = name === 'tessera' ? 'package.json' : `node_modules/${name}/package.json`
  return (JSON.parse(readFileSync(new URL(path, root), 'utf8')) as { version: string }).version
}

const significant = (value: number) => Number(value.toPrecision(4))

/** Above 1 = ours is better, whichever way the metric points. */
function ratios({ ours, peers, higherIsBetter }: BenchRow): Record<string, number> {
  return Object.fromEntries(
    Object.entries(peers).map(([name, theirs]) => [
      name,
      significant(higherIsBetter ? ours / theirs : theirs / ours),
    ]),
  )
}

function round(values: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, significant(value)]))
}

function table(rows: BenchRow[]): string {
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))]
  const cells = [
    ['case', 'metric', 'unit', 'tessera', ...peers],
    ...rows.map((row) => {
      const ratio = ratios(row)
      const theirs = peers.map((name) =>
        name in row.peers ? `${significant(row.peers[name]!)} (×${ratio[name]!.toPrecision(3)})` : '–',
      )
      return [row.case, row.metric, row.unit, String(significant(row.ours)), ...theirs]
    }),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  return cells
    .map((line) =>
      line
        .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n')
}

const bench = (await import(file!)) as BenchModule
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
}
const versions: Record<string, string> = { node: process.versions.node, tessera: versionOf('tessera') }
for (const name of bench.packages) versions[name] = versionOf(name)

const rows = await bench.default({ full: flags.includes('--full') })
const name = basename(file!, '.js')
if (json) {
  const shown = rows.map((row) => ({
    case: row.case,
    metric: row.metric,
    unit: row.unit,
    ours: significant(row.ours),
    peers: round(row.peers),
    ratio: ratios(row),
  }))
  process.stdout.write(`${JSON.stringify({ bench: name, machine, versions, rows: shown })}\n`)
} else {
  const list = Object.entries(versions).map(([key, value]) => `${key} ${value}`)
  process.stdout.write(
    `${name}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}\n` +
      `${list.join(', ')}\n(×2 = tessera is twice as good)\n\n${table(rows)}\n`,
  )
}
// Peers may have left threads or timers behind; leave once everything is written.
process.stdout.write('', () => process.exit(0))
