// The other end of `inChild` (harness.ts): calls one exported function once, and reports what it cost.
import { consume } from './harness.ts'

const [moduleUrl, exportName, argument] = process.argv.slice(2)
const module = (await import(moduleUrl!)) as Record<string, (argument: unknown) => unknown>
const run = module[exportName!]
if (typeof run !== 'function') throw new Error(`${moduleUrl} has no function ${exportName}`)
const input: unknown = JSON.parse(argument!)

globalThis.gc?.()
const rssBefore = process.memoryUsage.rss()
const wall = performance.now()
const cpu = process.cpuUsage()
const value = await run(input)
const { user, system } = process.cpuUsage(cpu)
const wallMs = performance.now() - wall
consume(value)
const result = {
  value,
  cpuMs: (user + system) / 1000,
  wallMs,
  rssBefore,
  rssAfter: process.memoryUsage.rss(),
  rssPeak: process.resourceUsage().maxRSS * 1024,
}
process.send!(result, () => process.exit(0))
