// Checks the directions of imports between the rooms of src/:
// - a room imports only the rooms named beside it in MAY_IMPORT (and theirs), through their doors;
// - the Studio's pages take values only from rooms that run in a page, and types from anywhere;
// - what a page loads of the rooms that run there reaches no Node module, and only packages that run there.
// Usage: node scripts/imports.mjs (after an install; used by `npm run check`)
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { root } from './setup.mjs'

/** Direct permissions; they are transitive. A room that is not listed here is an error. */
const MAY_IMPORT = {
  core: [],
  tokenizer: ['core'],
  measure: ['tokenizer'],
  tensor: ['core'],
  model: ['tensor', 'tokenizer'],
  decode: ['model'],
  adapt: ['model', 'measure'],
  embed: ['model'],
  vision: ['model'],
  probe: ['decode', 'embed', 'vision'],
  papers: ['measure', 'adapt', 'probe'],
  server: ['papers'],
  studio: ['server'],
  cli: ['server'],
}
/** Files of a room that other rooms may import. */
const DOORS = { core: ['index.ts', 'node.ts'] }
/** Rooms that also run in a page. */
const IN_PAGE = new Set(['core', 'tokenizer', 'measure', 'tensor', 'model', 'decode'])
/** Packages that those rooms may load: they run in a page, too. */
const PAGE_PACKAGES = new Set(['@huggingface/jinja'])

const src = join(root, 'src')
const roomOf = (file) => relative(src, file).split(sep)[0]
const shown = (file) => relative(root, file).split(sep).join('/')

function allowedFor(room, seen = new Set()) {
  for (const above of MAY_IMPORT[room] ?? []) {
    if (seen.has(above)) continue
    seen.add(above)
    allowedFor(above, seen)
  }
  return seen
}

/** Every import of a module: `{ specifier, line, typeOnly, dynamic }`. */
export function importsOf(text, fileName) {
  const found = []
  const scripts = fileName.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => ({
        code: m[1],
        line: text.slice(0, m.index).split('\n').length - 1,
      }))
    : [{ code: text, line: 0 }]
  for (const { code, line } of scripts) {
    const source = ts.createSourceFile(fileName, code, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS)
    const add = (node, specifier, typeOnly, dynamic) => {
      const at = source.getLineAndCharacterOfPosition(node.getStart(source)).line
      found.push({ specifier, line: line + at + 1, typeOnly, dynamic })
    }
    const visit = (node) => {
      if (ts.isImportDeclaration(node)) {
        const clause = node.importClause
        const named = clause?.namedBindings
        const onlyTypeNames =
          named && ts.isNamedImports(named) && !clause.name && named.elements.length > 0
            ? named.elements.every((element) => element.isTypeOnly)
            : false
        add(node, node.moduleSpecifier.text, Boolean(clause?.isTypeOnly) || onlyTypeNames, false)
      } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
        const named = node.exportClause
        const onlyTypeNames =
          named && ts.isNamedExports(named) ? named.elements.every((element) => element.isTypeOnly) : false
        add(node, node.moduleSpecifier.text, node.isTypeOnly || onlyTypeNames, false)
      } else if (
        ts.isCallExpression(node) &&
        node.expression.kind === ts.SyntaxKind.ImportKeyword &&
        node.arguments[0] &&
        ts.isStringLiteralLike(node.arguments[0])
      ) {
        add(node, node.arguments[0].text, false, true)
      } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
        add(node, node.argument.literal.text, true, false)
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return found
}

function sources() {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** Files that loading `door` loads too, without dynamic imports and types; with the path that led there. */
function reachable(door, graph) {
  const from = new Map([[door, null]])
  const queue = [door]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const { specifier, typeOnly, dynamic } of graph.get(file) ?? []) {
      if (typeOnly || dynamic) continue
      const target = specifier.startsWith('.') ? resolve(dirname(file), specifier) : specifier
      if (from.has(target)) continue
      from.set(target, file)
      if (graph.has(target)) queue.push(target)
    }
  }
  return from
}

/** All violations, as lines for a person; empty = all good. */
export function checkImports() {
  const problems = []
  const graph = new Map(sources().map((file) => [file, importsOf(readFileSync(file, 'utf8'), file)]))
  for (const [file, imports] of graph) {
    const room = roomOf(file)
    if (!(room in MAY_IMPORT)) {
      problems.push(`${shown(file)}: src/${room} is no room; add it to MAY_IMPORT in scripts/imports.mjs`)
      continue
    }
    const allowed = allowedFor(room)
    for (const { specifier, line, typeOnly } of imports) {
      const at = `${shown(file)}:${line}`
      if (!specifier.startsWith('.')) continue
      const target = resolve(dirname(file), specifier)
      if (!target.startsWith(src + sep)) {
        const test = /\.test\.ts$|[\\/]testing[\\/]/.test(file)
        if (!test && !target.endsWith('package.json')) problems.push(`${at}: ${specifier} is outside of src/`)
        continue
      }
      if (!existsSync(target)) problems.push(`${at}: ${specifier} does not exist`)
      const other = roomOf(target)
      if (other === room) continue
      if (!allowed.has(other)) {
        problems.push(`${at}: ${room} may not import ${other}`)
      } else if (room === 'studio' && !typeOnly && !IN_PAGE.has(other)) {
        problems.push(`${at}: a page takes only types from ${other} (its values come over HTTP)`)
      } else if (room === 'studio' && !typeOnly && target.endsWith(`${sep}node.ts`)) {
        problems.push(`${at}: a page cannot load ${specifier}`)
      }
      const doors = DOORS[other] ?? ['index.ts']
      if (!doors.includes(relative(join(src, other), target))) {
        problems.push(`${at}: ${specifier} is not a door of ${other} (${doors.join(', ')})`)
      }
    }
  }
  for (const room of IN_PAGE) {
    const door = join(src, room, 'index.ts')
    if (!graph.has(door)) continue
    for (const [target, importer] of reachable(door, graph)) {
      const nodeOnly = target.startsWith('node:') || target === join(src, 'core', 'node.ts')
      const foreign = importer !== null && !target.startsWith(src) && !PAGE_PACKAGES.has(target)
      if (nodeOnly || foreign) {
        const name = target.startsWith(src) ? shown(target) : target
        problems.push(
          `${shown(importer)}: loads ${name}, which a page cannot; import it dynamically where needed`,
        )
      }
    }
  }
  return problems
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = checkImports()
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
