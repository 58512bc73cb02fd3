// `npm test`: installs if needed, builds, runs every test. Arguments go to vitest:
// `npm test -- src/tokenizer` or `npm test -- -t "byte fallback"`.
// The last line is plain (`N passed, N failed, N skipped`), for people and for programs that read logs.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { binary, root, run } from './setup.mjs'

await build()

const report = join(root, '.cache', `tests-${process.pid}.json`)
mkdirSync(join(root, '.cache'), { recursive: true })
const code = run(process.execPath, [
  binary('vitest'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
])

let line = '0 passed, 1 failed, 0 skipped'
try {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  // A file that cannot even be loaded has no tests in it: it counts as one failure.
  const unloadable = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  const failed = result.numFailedTests + unloadable.length
  const skipped = result.numPendingTests + result.numTodoTests
  // vitest also fails for errors outside of tests and for an empty selection.
  line = `${result.numPassedTests} passed, ${failed || (code === 0 ? 0 : 1)} failed, ${skipped} skipped`
} catch {
  console.error('vitest wrote no report')
} finally {
  rmSync(report, { force: true })
}
console.log(line)
process.exitCode = code
