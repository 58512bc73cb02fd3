// Writes the table of papers into README.md from the registry of the built package, or with --check only
// says whether it is up to date (exit code 1: it is not).
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './setup.mjs'

const BEGIN = '<!-- papers: written by scripts/status-table.mjs -->\n'
const END = '<!-- papers: end -->'

const { papers } = await import(pathToFileURL(join(root, 'dist', 'papers', 'index.js')).href)
const rows = papers.list().map(({ slug, title, year, room, state }) => {
  return `| \`${slug}\` | ${title.replaceAll('|', '\\|')} | ${year} | ${room} | ${state} |`
})
const table = ['| slug | paper | year | room | state |', '|---|---|---|---|---|', ...rows].join('\n')

const path = join(root, 'README.md')
const readme = readFileSync(path, 'utf8')
const from = readme.indexOf(BEGIN)
const to = readme.indexOf(END)
if (from < 0 || to < from) {
  console.error('README.md has no place for the table of papers')
  process.exit(1)
}
const updated = `${readme.slice(0, from)}${BEGIN}\n${table}\n\n${readme.slice(to)}`
if (updated === readme) process.exit(0)
if (process.argv.includes('--check')) {
  console.error('The table of papers in README.md is out of date: run node scripts/status-table.mjs')
  process.exit(1)
}
writeFileSync(path, updated)
