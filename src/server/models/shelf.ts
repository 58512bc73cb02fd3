// The models that the Studio's pages can take from this server: those that come with the package, one that was named
// at the start, and those of training runs. A request names a model and a file of the list: no path of it is
// ever joined to a folder.
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TesseraError } from '../../core/index.ts'

/** A model that pages can load. */
export interface ModelOffer {
  id: string
  name: string
  /** Where it comes from: `built in`, `given`, `trained here`. */
  origin: 'built in' | 'given' | 'trained here'
  files: readonly { name: string; bytes: number }[]
}

interface Shelved extends ModelOffer {
  paths: ReadonlyMap<string, string>
}

/** What a model is made of; other files of its folder are nobody's business. */
const FILES =
  /\.(safetensors|gguf)$|^(config|tokenizer|tokenizer_config|generation_config|model\.safetensors\.index)\.json$/
/** A graph for other programs, which pages do not load. */
const GRAPH = join('transformers.js', 'onnx', 'model.onnx')
const WEIGHTS = /\.(safetensors|gguf)$/

export class ModelShelf {
  private readonly builtIn: string
  private readonly given: string | null
  private readonly trained: () => Promise<readonly { id: string; name: string; folder: string }[]>

  /**
   * `builtIn`: a folder of model folders. `given`: a model's folder or file. `trained`: the finished and stopped runs,
   * with the folder of their model.
   */
  constructor(
    builtIn: string,
    given: string | null,
    trained: () => Promise<readonly { id: string; name: string; folder: string }[]>,
  ) {
    this.builtIn = builtIn
    this.given = given
    this.trained = trained
  }

  /** Throws FILE_NOT_FOUND when the given model is none. */
  async check(): Promise<void> {
    if (this.given !== null && !(await shelved('given', basename(this.given), 'given', this.given))) {
      throw new TesseraError('FILE_NOT_FOUND', 'There is no model', {
        where: this.given,
        hint: 'Name a folder with config.json and .safetensors',
      })
    }
  }

  async list(): Promise<ModelOffer[]> {
    return (await this.all()).map(({ id, name, origin, files }) => ({ id, name, origin, files }))
  }

  /** Path of a file. Throws FILE_NOT_FOUND. */
  async find(id: string, file: string): Promise<string> {
    const path = (await this.all()).find((one) => one.id === id)?.paths.get(file)
    if (path === undefined)
      throw new TesseraError('FILE_NOT_FOUND', 'No such model or file', { where: `${id}/${file}` })
    return path
  }

  private async all(): Promise<Shelved[]> {
    const names = await readdir(this.builtIn).catch(() => [] as string[])
    const runs = await this.trained()
    const found = await Promise.all([
      ...(this.given === null ? [] : [shelved('given', basename(this.given), 'given', this.given)]),
      ...names.sort(builtInOrder).map((name) => shelved(name, name, 'built in', join(this.builtIn, name))),
      ...runs.map(({ id, name, folder }) => shelved(`run-${id}`, name, 'trained here', folder)),
    ])
    return found.filter((one) => one !== null)
  }
}

/** The one that pages begin with comes first. */
function builtInOrder(a: string, b: string): number {
  const rank = (name: string) => (name === 'tessera-lm' ? 0 : 1)
  return rank(a) - rank(b) || a.localeCompare(b)
}

/** Null for what holds no model. */
async function shelved(
  id: string,
  name: string,
  origin: ModelOffer['origin'],
  place: string,
): Promise<Shelved | null> {
  const info = await stat(place).catch(() => null)
  if (!info) return null
  const names = info.isDirectory()
    ? (await readdir(place)).filter((one) => FILES.test(one)).sort()
    : [basename(place)]
  const files: { name: string; bytes: number }[] = []
  const paths = new Map<string, string>()
  for (const file of info.isDirectory() ? [...names, GRAPH] : names) {
    const path = info.isDirectory() ? join(place, file) : place
    const one = await stat(path).catch(() => null)
    if (!one?.isFile()) continue
    files.push({ name: basename(file), bytes: one.size })
    paths.set(basename(file), path)
  }
  const complete =
    files.some((file) => WEIGHTS.test(file.name)) &&
    (files.some((file) => file.name === 'config.json') || files.some((file) => file.name.endsWith('.gguf')))
  return complete ? { id, name, origin, files, paths } : null
}
