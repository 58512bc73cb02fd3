// Two SVG files as pictures, drawn by the browser on white, and how far apart they are.

/** Pixels of the longer side. */
export const PICTURE = 256

/** An address for an <img>; '' for text that is no Unicode. */
export function pictureUrl(svg: string): string {
  try {
    return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  } catch {
    return ''
  }
}

interface Size {
  width: number
  height: number
}

export interface Difference {
  /** dB, of luminance. */
  psnr: number
  /** Mean absolute difference of luminance, 0 to 1. */
  mean: number
  /** What was added in red, what was lost in blue, on the faint original. */
  image: ImageData
}

export async function differenceOf(
  before: string,
  after: string,
  size: Size,
): Promise<Difference | { reason: string }> {
  try {
    const [a, b] = await Promise.all([loaded(before), loaded(after)])
    // A page of another shape is placed differently, which says nothing about tokens.
    const shape = (image: HTMLImageElement) => image.naturalWidth / image.naturalHeight
    if (!(Math.abs(shape(a) / shape(b) - 1) < 0.02)) return { reason: 'not compared: pages of another shape' }
    return compare(pixels(a, size), pixels(b, size), size)
  } catch {
    return { reason: 'not compared: the browser draws no picture of the file' }
  }
}

async function loaded(url: string): Promise<HTMLImageElement> {
  const image = new Image()
  image.src = url
  await image.decode()
  return image
}

function pixels(image: HTMLImageElement, { width, height }: Size): Uint8ClampedArray {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.drawImage(image, 0, 0, width, height)
  return context.getImageData(0, 0, width, height).data
}

function compare(a: Uint8ClampedArray, b: Uint8ClampedArray, { width, height }: Size): Difference {
  const image = new ImageData(width, height)
  let squares = 0
  let sum = 0
  for (let i = 0; i < a.length; i += 4) {
    const grey = (data: Uint8ClampedArray) => 0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!
    const before = grey(a)
    const d = (grey(b) - before) / 255
    squares += d * d
    sum += Math.abs(d)
    const faint = 255 - (255 - before) * 0.18
    const strength = Math.min(1, Math.abs(d) * 1.6)
    const colour = d < 0 ? [200, 30, 40] : [20, 90, 210]
    for (let c = 0; c < 3; c++) image.data[i + c] = faint + (colour[c]! - faint) * strength
    image.data[i + 3] = 255
  }
  const n = a.length / 4
  return { psnr: squares === 0 ? Infinity : -10 * Math.log10(squares / n), mean: sum / n, image }
}
