// `npm start`: installs and builds if needed, then serves the Studio on this machine only.
// Only Node's own modules until the build is done: node_modules may not exist yet.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { root } from './setup.mjs'

const HELP = `Usage: npm start -- [options]

Serves the Tessera Studio on http://127.0.0.1:7470/ (or the next free port).

  --port N    exactly this port; 0 = any free one (default 7470, else the next free one)
  --no-open   do not open a browser
  --model P   a model for the Model page: a folder with config.json and .safetensors, or a .gguf file
  --runs F    keep training runs in the folder F (default .tessera/runs in the home folder)
  --help      this text

Ctrl-C ends it.`

/** npm keeps options that stand before `--` to itself, and tells of them in the environment. */
function withNpmOptions(args) {
  const { npm_lifecycle_event: script, npm_config_port: port, npm_config_open: open } = process.env
  if (script !== 'start') return args
  const [first, ...rest] = args
  const asked = open === '' || open === 'false' ? ['--no-open'] : []
  // `--port 8000` arrives as a port of "true" and an argument 8000, `--port=8000` as a port of "8000".
  if (port === 'true') return [...asked, '--port', first ?? '', ...rest]
  return port ? [...asked, '--port', port, ...args] : [...asked, ...args]
}

function options() {
  try {
    const { values } = parseArgs({
      args: withNpmOptions(process.argv.slice(2)),
      allowNegative: true,
      options: {
        port: { type: 'string' },
        open: { type: 'boolean', default: true },
        model: { type: 'string' },
        runs: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const { port } = values
    if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new Error(`Not a port: ${port}`)
    const { open, help, model, runs } = values
    return { open, help, model, runs, port: port === undefined ? undefined : Number(port) }
  } catch (error) {
    console.error(`ARGUMENT_INVALID: ${error.message}\n\n${HELP}`)
    process.exit(2)
  }
}

/** The platform's own way to open an address; a machine without one just keeps the printed address. */
function openBrowser(url) {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', url]
        : ['xdg-open', url]
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}

const { open, help, model, port, runs } = options()
if (help) {
  console.log(HELP)
} else {
  await build()
  const { startStudio } = await import(pathToFileURL(join(root, 'dist', 'server', 'index.js')).href)
  try {
    const studio = await startStudio({ port, model, runs })
    console.log(`Tessera Studio: ${studio.url}\nCtrl-C ends it.`)
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.once(signal, () => studio.close().then(() => process.exit(0)))
    }
    if (open) openBrowser(studio.url)
  } catch (error) {
    console.error(error.code ? `${error.code}: ${error.message}` : error)
    process.exitCode = 1
  }
}
