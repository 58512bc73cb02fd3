// `npm run bench -- <name> [--json] [--full]`: runs bench/<name>.ts against the built package.
// Without a name it lists the benches. Bench files are only stripped of their types; their imports of
// ../src lead to dist, so what is measured is what ships.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { ensureInstalled, root, run } from './setup.mjs'

const folder = join(root, 'bench')
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
const benches = files
  .map((file) => ({ name: file.slice(0, -3), text: readFileSync(join(folder, file), 'utf8') }))
  .filter(({ text }) => /^export default /m.test(text))

const [name, ...flags] = process.argv.slice(2)
const wrong = flags.filter((flag) => flag !== '--json' && flag !== '--full')

if (name === undefined || name === '--help') {
  console.log('npm run bench -- <name> [--json] [--full]\n')
  for (const bench of benches) {
    console.log(`  ${bench.name.padEnd(12)} ${bench.text.split('\n')[0].replace(/^\/\/\s*/, '')}`)
  }
} else if (!benches.some((bench) => bench.name === name)) {
  console.error(`No bench named ${name}. There are: ${benches.map((bench) => bench.name).join(', ')}`)
  process.exitCode = 2
} else if (wrong.length > 0) {
  console.error(`Unknown option ${wrong.join(' ')}; there are --json and --full`)
  process.exitCode = 2
} else {
  ensureInstalled()
  await build({ studio: false })
  const output = await compile()
  process.exitCode = run(process.execPath, [
    '--expose-gc',
    join(output, 'report.js'),
    pathToFileURL(`${root}/`).href,
    pathToFileURL(join(output, `${name}.js`)).href,
    ...flags,
  ])
}

/** bench/*.ts → .build/bench/*.js. */
async function compile() {
  const { default: ts } = await import('typescript')
  const output = join(root, '.build', 'bench')
  mkdirSync(output, { recursive: true })
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), {
      fileName: file,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    })
    const shipped = outputText.replace(/(['"])\.\.\/src\/([^'"]+)\1/g, (_, quote, path) => {
      return `${quote}../../dist/${path.replace(/\.ts$/, '.js')}${quote}`
    })
    writeFileSync(join(output, `${file.slice(0, -3)}.js`), shipped)
  }
  return output
}
