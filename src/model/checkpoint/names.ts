// Models by name: those that ship with the package.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { TesseraError } from '../../core/index.ts'
import { packageRoot } from '../../core/node.ts'

/**
 * The path of a model: as it is given when there is something, else of a model that ships. Throws FILE_NOT_FOUND, which
 * lists those.
 */
export async function modelPath(nameOrPath: string): Promise<string> {
  if (existsSync(nameOrPath)) return nameOrPath
  const folder = join((await packageRoot()).folder, 'models')
  const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : []
  const shipped = entries.filter((one) => one.isDirectory()).map(({ name }) => name)
  if (shipped.includes(nameOrPath)) return join(folder, nameOrPath)
  const there =
    shipped.length > 0 ? `By name there are: ${shipped.join(', ')}. ` : 'None ships with this copy. '
  throw new TesseraError('FILE_NOT_FOUND', `There is no model ${JSON.stringify(nameOrPath)}`, {
    hint: `${there}Else give the path of a Hugging Face folder (config.json, model.safetensors, tokenizer.json), or train one with tessera pretrain`,
  })
}
