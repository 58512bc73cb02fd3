// A model in Hugging Face's layout, wherever its files are: config.json says the family and its sizes, tensors are in
// one or several safetensors files.
import type { Tokenizer } from '../../tokenizer/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { Family } from '../families/family.ts'
import { familyOf } from '../families/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Json } from './json.ts'
import type { SafetensorsFile } from './safetensors.ts'
import { checkLayers, checkpointOver } from './stored.ts'

/** Where a tensor is, under the name that the file has for it. */
interface Place {
  file: SafetensorsFile
  name: string
}

/**
 * `beside`: what else belongs to the checkpoint, asked for once the config is known to fit. The files are closed with
 * the checkpoint. Throws FORMAT_INVALID (missing tensors are named), FORMAT_UNSUPPORTED (an architecture that
 * there is not), SHAPE_MISMATCH, DTYPE_MISMATCH.
 */
export async function checkpointIn(
  json: Json,
  files: readonly SafetensorsFile[],
  where: string,
  beside: () => Promise<{ tokenizer: Tokenizer | null; identity: string }>,
): Promise<Checkpoint> {
  const family = familyOf(json)
  const stored = new Map<string, Place>()
  for (const file of files) for (const name of file.tensors.keys()) stored.set(name, { file, name })
  const find = (name: string): Place | undefined =>
    [name, ...(family.spellings?.(name) ?? [])].map((one) => stored.get(one)).find((place) => place)
  const config = configOf(family, json, (name) => find(name) !== undefined)
  checkLayers(config, stored.size, where)
  const rest = { family, config, ...(await beside()) }
  const store = {
    where,
    shapeOf(name: string) {
      const place = find(name)
      return place ? place.file.tensors.get(place.name)!.shape : null
    },
    checkType(name: string) {
      const { file, name: spelt } = find(name)!
      file.checkType(spelt)
    },
    read(name: string) {
      const { file, name: spelt } = find(name)!
      return file.read(spelt)
    },
    async close() {
      await Promise.all(files.map((file) => file.close()))
    },
  }
  return checkpointOver(store, family.sources(config), family.parameters(config), rest)
}

/** Checkpoints say of themselves whether they are tied; some decoders do not, and then the file does. */
function configOf(family: Family, json: Json, has: (name: string) => boolean): DecoderConfig {
  const silent = family.kind === 'decoder' && json.tie_word_embeddings === undefined
  const config = family.config(silent ? { ...json, tie_word_embeddings: !has('lm_head.weight') } : json)
  return family.fit?.(config, has) ?? config
}
