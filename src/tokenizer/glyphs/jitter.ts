// The paper's "augmentation" of a picture (specification B.2): a small rotation and shift, black pixels here
// and there, a slight blur, and a threshold. The generator starts anew for every token, so all tokens get the
// same rotation and the same black pixels: it changes pictures, but tells no two tokens apart that looked
// alike. Its figures are the paper's; the random numbers are ours, so the pixels are not those of the paper.
import { Random } from '../../core/index.ts'
import { scriptNameOf } from '../unicode/index.ts'

export interface Jitter {
  /** The paper's is 42. */
  seed: number
}

const ROTATED_SCRIPTS = new Set(['Latin', 'Greek', 'Cyrillic', 'Armenian'])
const MOST_DEGREES = 4
const MOST_SHIFT = 2
const BLACK_SHARE = { rotated: 0.01, other: 0.001 }
/** A Gaussian of deviation 0.5 over three pixels: exp(-2) to each side of the centre. */
const SIDE = 0.1065
const CENTRE = 1 - 2 * SIDE
/** Sine and cosine are rounded to this many steps: engines may differ in their last bit. */
const STEPS = 1 << 20

/** A new canvas `[height * width]` of 0 and 1. `characters` decide whether it is rotated, shifted and blurred. */
export function jittered(
  canvas: Uint8Array,
  width: number,
  height: number,
  characters: readonly number[],
  jitter: Jitter,
): Uint8Array {
  const random = new Random(jitter.seed)
  const angle = ((2 * random.float() - 1) * MOST_DEGREES * Math.PI) / 180
  const shiftX = random.int(2 * MOST_SHIFT + 1) - MOST_SHIFT
  const shiftY = random.int(2 * MOST_SHIFT + 1) - MOST_SHIFT
  const rotates = characters.every((cp) => ROTATED_SCRIPTS.has(scriptNameOf(cp)))
  const out = rotates ? rotated(canvas, width, height, angle, shiftX, shiftY) : canvas.slice()
  const black = Math.floor((rotates ? BLACK_SHARE.rotated : BLACK_SHARE.other) * width * height)
  for (let i = 0; i < black; i++) out[random.int(width * height)] = 1
  return rotates ? blurred(out, width, height) : out
}

/** Each pixel takes the nearest one of the turned and shifted canvas; from outside comes paper. */
function rotated(
  canvas: Uint8Array,
  width: number,
  height: number,
  angle: number,
  shiftX: number,
  shiftY: number,
): Uint8Array {
  const cos = Math.round(Math.cos(angle) * STEPS) / STEPS
  const sin = Math.round(Math.sin(angle) * STEPS) / STEPS
  const out = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = x + 0.5 - shiftX - width / 2
      const dy = y + 0.5 - shiftY - height / 2
      const fromX = Math.floor(cos * dx - sin * dy + width / 2)
      const fromY = Math.floor(sin * dx + cos * dy + height / 2)
      if (fromX >= 0 && fromX < width && fromY >= 0 && fromY < height) {
        out[y * width + x] = canvas[fromY * width + fromX]!
      }
    }
  }
  return out
}

/** Blurs in both directions, repeats the border, and makes ink of what is darker than grey 128 of 255. */
function blurred(canvas: Uint8Array, width: number, height: number): Uint8Array {
  const across = new Float64Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const before = canvas[x > 0 ? at - 1 : at]!
      const after = canvas[x + 1 < width ? at + 1 : at]!
      across[at] = SIDE * before + CENTRE * canvas[at]! + SIDE * after
    }
  }
  const out = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const before = across[y > 0 ? at - width : at]!
      const after = across[y + 1 < height ? at + width : at]!
      const ink = SIDE * before + CENTRE * across[at]! + SIDE * after
      if (255 * (1 - ink) < 128) out[at] = 1
    }
  }
  return out
}
