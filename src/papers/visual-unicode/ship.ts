// What the experiment makes for everybody: the n-grams learned from all of its text, and the pixels of the
// font, both in the folder of built-in vocabularies of a checkout.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { TesseraError, type LongWork } from '../../core/index.ts'
import { readFileBounded, writeFileAtomic } from '../../core/node.ts'
import {
  UnicodeCentricTokenizer,
  learnNgrams,
  readTrueType,
  writeNgrams,
  writePixelFont,
} from '../../tokenizer/index.ts'
import type { Corpus } from './corpus.ts'

const FONT = '@fontsource/unifontex/files/unifontex-latin-400-normal.woff'
const MAX_FONT_BYTES = 16 << 20

/** The tokenizer of all texts. `folder`: where it is written, null = nowhere. */
export async function shipNgrams(
  corpus: Corpus,
  folder: string | null,
  work: LongWork,
): Promise<{ tokenizer: UnicodeCentricTokenizer; perLanguage: number }> {
  const languages = corpus.languages.map(({ name, articles }) => ({
    name,
    texts: [...articles, ...(name === 'English' ? corpus.prose.map(({ text }) => text) : [])],
  }))
  const { ngrams, perLanguage } = await learnNgrams(languages, work)
  if (folder !== null) {
    const sources = Object.entries(corpus.versions).map(([name, version]) => `${name} ${version}`)
    const about = [
      'Tokens of two and three characters of the Unicode-centric tokenizer, in the order of their ids: U+D800 to',
      'U+DFFF, then U+E100 to U+F8FF. Written by `npx tessera papers run visual-unicode`; do not edit.',
      `Learned from: ${sources.join(', ')}.`,
      `At most ${perLanguage} of each length from each of ${languages.length} languages: ${languages.map(({ name }) => name).join(', ')}.`,
    ]
    await writeFileAtomic(join(folder, 'unicode-centric.txt'), writeNgrams(ngrams, about))
  }
  return { tokenizer: new UnicodeCentricTokenizer(ngrams), perLanguage }
}

/** Writes the pixels of the installed font when they differ from the file's. Returns the font's version. */
export async function shipFont(folder: string): Promise<string> {
  const { resolve } = createRequire(import.meta.url)
  let path: string
  try {
    path = resolve(FONT)
  } catch (cause) {
    throw new TesseraError('FILE_NOT_FOUND', 'The font is not installed', {
      where: FONT,
      hint: 'Run npm install in a checkout of the project',
      cause,
    })
  }
  const about = join(dirname(dirname(path)), 'package.json')
  const { version } = JSON.parse(new TextDecoder().decode(await readFileBounded(about, 1 << 20))) as {
    version: string
  }
  const font = await readTrueType(await readFileBounded(path, MAX_FONT_BYTES), 'UnifontEX')
  const pixels = writePixelFont(font)
  const target = join(folder, 'unifontex.glyphs')
  if (existsSync(target)) {
    const known = await promisify(gunzip)(await readFileBounded(target, MAX_FONT_BYTES)).catch(() => null)
    // The same content may be compressed to other bytes by another zlib.
    if (known && Buffer.compare(known, pixels) === 0) return version
  }
  await writeFileAtomic(target, await promisify(gzip)(pixels, { level: 9 }))
  return version
}
