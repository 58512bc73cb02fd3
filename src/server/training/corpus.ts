// Texts to train on, and the part of them that is held out: whole documents where there are many, else the end
// of each. A model is judged by what it has not read.
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Random, TesseraError } from '../../core/index.ts'
import { readFileBounded } from '../../core/node.ts'
import type { CorpusChoice, SampleOffer } from './protocol.ts'

export interface Document {
  name: string
  text: string
}

export interface Corpus {
  name: string
  documents: readonly Document[]
}

/** A built-in sample: where its files are, and how it is described. */
export interface Sample {
  id: string
  name: string
  about: string
  /** Folders or files; all text files in them with one of the endings are its documents. */
  places: readonly string[]
  endings: readonly string[]
}

const MOST_SAMPLE_BYTES = 8e6
/** What a request may bring. */
export const MOST_TEXT_BYTES = 64e6
/** One in so many documents, or parts of a document. */
const HELD_OUT = 12
/** From so many documents on, whole ones are held out. */
const MANY = 3 * HELD_OUT

/** Where a sample's files are, in a fixed order. Empty where it is not there. */
async function filesOf({ places, endings }: Sample): Promise<string[]> {
  const files: string[] = []
  for (const place of places) {
    const entries = await readdir(place, { withFileTypes: true, recursive: true }).catch(() => [])
    files.push(
      ...entries
        .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
        .map((entry) => join(entry.parentPath, entry.name)),
    )
  }
  return files.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

async function readSample(sample: Sample): Promise<Document[]> {
  const documents: Document[] = []
  let bytes = 0
  for (const file of await filesOf(sample)) {
    const raw = await readFileBounded(file, MOST_SAMPLE_BYTES)
    if ((bytes += raw.length) > MOST_SAMPLE_BYTES) break
    documents.push({ name: basename(file), text: new TextDecoder().decode(raw) })
  }
  return documents
}

/** The samples that are there, with their sizes. */
export async function sampleOffers(samples: readonly Sample[]): Promise<SampleOffer[]> {
  const offers = await Promise.all(
    samples.map(async (sample) => {
      const documents = await readSample(sample)
      const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
      return { id: sample.id, name: sample.name, about: sample.about, bytes }
    }),
  )
  return offers.filter(({ bytes }) => bytes > 0)
}

/** Throws TRAINING_IMPOSSIBLE (no text), FILE_TOO_LARGE, ARGUMENT_INVALID (no such sample). */
export async function readCorpus(choice: CorpusChoice, samples: readonly Sample[]): Promise<Corpus> {
  if (choice.kind === 'sample') {
    const sample = samples.find(({ id }) => id === choice.id)
    const documents = sample ? await readSample(sample) : []
    if (!sample || documents.length === 0) {
      throw new TesseraError('ARGUMENT_INVALID', `No sample is called ${JSON.stringify(choice.id)}`, {
        where: 'corpus.id',
      })
    }
    return { name: sample.name, documents }
  }
  const documents = choice.texts.filter(({ text }) => text.trim() !== '')
  if (documents.length === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to train on', {
      hint: 'Paste some, drop text files, or take a built-in sample',
    })
  }
  const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  if (bytes > MOST_TEXT_BYTES) {
    throw new TesseraError('FILE_TOO_LARGE', `${bytes} bytes of text; at most ${MOST_TEXT_BYTES} are taken`)
  }
  const [first] = documents
  const name = documents.length === 1 ? first!.name : `${documents.length} files`
  return { name, documents }
}

/** Texts to learn from, and texts to be judged by. */
export function splitHeldOut(
  documents: readonly Document[],
  seed: number,
): { train: string[]; heldOut: string[] } {
  const train: string[] = []
  const heldOut: string[] = []
  if (documents.length >= MANY) {
    const order = new Random(seed).shuffle(documents.map((_, i) => i))
    const held = new Set(order.slice(0, Math.max(1, Math.round(documents.length / HELD_OUT))))
    documents.forEach(({ text }, i) => (held.has(i) ? heldOut : train).push(text))
    return { train, heldOut }
  }
  for (const { text } of documents) {
    const aim = Math.floor(text.length * (1 - 1 / HELD_OUT))
    const line = text.indexOf('\n', aim)
    // At the end of a line where there is one soon, so that no word is cut.
    let cut = line >= 0 && line < aim + text.length / (2 * HELD_OUT) ? line + 1 : aim
    if (/[\uDC00-\uDFFF]/.test(text[cut] ?? '')) cut++
    train.push(text.slice(0, cut))
    heldOut.push(text.slice(cut))
  }
  return { train, heldOut }
}
