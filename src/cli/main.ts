#!/usr/bin/env node
// The `tessera` command. Exit codes: 0 done, 1 error (or a --limit that was passed), 2 wrong usage,
// 130 interrupted. Results go to stdout, everything else to stderr.
import { reportFailure } from './failure.ts'
import { runCli } from './run.ts'

// A reader that closed early (`tessera encode … | head`) has what it wanted: that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
}

const words = process.argv.slice(2)
try {
  await runCli(words)
} catch (error) {
  process.exitCode = reportFailure(error, words)
}
