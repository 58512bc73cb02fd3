// The font that ships: the pixels of UnifontEX (GNU Unifont 15 with additions; SIL Open Font License 1.1), in
// the folder of built-in vocabularies, so that every page and every installed package draws the same pictures.
import { shippedFile, type ShippedOptions } from '../load/index.ts'
import { readPixelFont, type PixelFont } from './pixel-font.ts'

const FILE = 'unifontex.glyphs'

/** Throws FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_UNKNOWN, FORMAT_INVALID, CANCELLED. */
export async function shippedFont(options: ShippedOptions = {}): Promise<PixelFont> {
  return readPixelFont(await shippedFile(FILE, options), 'UnifontEX')
}
