// A worker thread cannot load TypeScript in every Node that we support, so tests of threads run this room
// compiled: each source file of core and tokenizer, stripped of its types, in a temporary folder.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Compiles; returns the folder (to be removed by the caller) and the URL of a source file's output in it. */
export function compiledRoom(): { folder: string; urlOf: (source: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-compiled-'))
  for (const room of ['src/core', 'src/tokenizer']) {
    for (const entry of readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts') || entry.endsWith('.test.ts')) continue
      const { outputText } = ts.transpileModule(readFileSync(join(root, room, entry), 'utf8'), {
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      })
      const target = join(folder, room, `${entry.slice(0, -3)}.js`)
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, outputText)
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  return { folder, urlOf: (source) => pathToFileURL(join(folder, source.replace(/\.ts$/, '.js'))).href }
}
