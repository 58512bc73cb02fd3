// The icons of the experiment: four npm packages that this project has as development dependencies. Three are
// trained on; the fourth, by other people and in another style, is never seen in training.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { TesseraError, type Random } from '../../core/index.ts'

export interface IconSet {
  name: string
  /** Folder of the icons inside of the package. */
  folder: string
  unseen: boolean
}

const ICON_SETS: readonly IconSet[] = [
  { name: 'lucide-static', folder: 'icons', unseen: false },
  { name: 'simple-icons', folder: 'icons', unseen: false },
  { name: '@mdi/svg', folder: 'svg', unseen: false },
  { name: 'bootstrap-icons', folder: 'icons', unseen: true },
]

export interface Icon {
  set: string
  name: string
  text: string
}

export interface IconCorpus {
  icons: Icon[]
  versions: Record<string, string>
  sha256: string
}

/** All icons, in the order of their names. Throws FILE_NOT_FOUND when a package is not installed. */
export async function readIcons(): Promise<IconCorpus> {
  const require = createRequire(import.meta.url)
  const icons: Icon[] = []
  const versions: Record<string, string> = {}
  const hash = createHash('sha256')
  for (const { name, folder } of ICON_SETS) {
    const manifest = manifestOf(require, name)
    versions[name] = (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version
    const place = join(dirname(manifest), folder)
    const files = (await readdir(place)).filter((file) => file.endsWith('.svg')).sort()
    for (const file of files) {
      const text = await readFile(join(place, file), 'utf8')
      hash.update(text)
      icons.push({ set: name, name: file.slice(0, -4), text })
    }
  }
  return { icons, versions, sha256: hash.digest('hex') }
}

/** Found by its folder: some packages do not export their package.json. */
function manifestOf(require: NodeJS.Require, name: string): string {
  const places = require.resolve.paths(name) ?? []
  const manifest = places.map((place) => join(place, name, 'package.json')).find((file) => existsSync(file))
  if (manifest === undefined) {
    throw new TesseraError('FILE_NOT_FOUND', `The icons of ${name} are not installed`, {
      where: name,
      hint: `npm install ${ICON_SETS.map((set) => set.name).join(' ')} @resvg/resvg-js`,
    })
  }
  return manifest
}

/** A tenth of every set that is trained on is held out, drawn by the seed. */
export function splitIcons(
  icons: readonly Icon[],
  random: Random,
): { train: Icon[]; heldOut: Icon[]; unseen: Icon[] } {
  const train: Icon[] = []
  const heldOut: Icon[] = []
  for (const { name, unseen } of ICON_SETS) {
    if (unseen) continue
    const own = random.shuffle(icons.filter((icon) => icon.set === name))
    const held = Math.floor(own.length / 10)
    heldOut.push(...own.slice(0, held))
    train.push(...own.slice(held))
  }
  const unseenSets = new Set(ICON_SETS.filter((set) => set.unseen).map((set) => set.name))
  return { train, heldOut, unseen: icons.filter((icon) => unseenSets.has(icon.set)) }
}
