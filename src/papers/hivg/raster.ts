// Pictures of a drawing before and after, and how far apart they are. Both are drawn by the same program at the
// same size on white, so that every difference is the tokenizer's.
import { TesseraError } from '../../core/index.ts'

/** Pixels of the longer side. */
const RASTER_SIZE = 128
/** Side of SSIM's window: uniform, as in scikit-image by default. */
const WINDOW = 7

export interface Raster {
  width: number
  height: number
  /** `[width * height]` luminance (Rec. 601), 0 to 255. */
  grey: Float64Array
}

export type Rasteriser = (svg: string) => Raster

/** Throws FILE_NOT_FOUND when @resvg/resvg-js is not installed. */
export async function loadRasteriser(): Promise<Rasteriser> {
  const { Resvg } = await import('@resvg/resvg-js').catch((cause: unknown) => {
    throw new TesseraError('FILE_NOT_FOUND', 'The rasteriser @resvg/resvg-js is not installed', {
      hint: 'npm install @resvg/resvg-js',
      cause,
    })
  })
  return (svg) => {
    const side = isTall(svg)
      ? ({ mode: 'height', value: RASTER_SIZE } as const)
      : ({ mode: 'width', value: RASTER_SIZE } as const)
    const image = new Resvg(svg, {
      fitTo: side,
      background: '#fff',
      font: { loadSystemFonts: false },
      logLevel: 'off',
    }).render()
    const { width, height, pixels } = image
    const grey = new Float64Array(width * height)
    for (let i = 0; i < grey.length; i++) {
      grey[i] = 0.299 * pixels[4 * i]! + 0.587 * pixels[4 * i + 1]! + 0.114 * pixels[4 * i + 2]!
    }
    return { width, height, grey }
  }
}

function isTall(svg: string): boolean {
  const box = /viewBox=["']\s*\S+\s+\S+\s+(\S+)\s+([^"'\s]+)/.exec(svg)
  return box !== null && Number(box[2]) > Number(box[1])
}

export interface Difference {
  /** Mean squared error of luminance, in units of 255². */
  mse: number
  /** Mean absolute error of luminance, from 0 to 1. */
  l1: number
  ssim: number
}

/** Throws ARGUMENT_INVALID for pictures of different sizes. */
export function differenceOf(a: Raster, b: Raster): Difference {
  if (a.width !== b.width || a.height !== b.height) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `Pictures of ${a.width}×${a.height} and ${b.width}×${b.height}`,
    )
  }
  let squares = 0
  let absolute = 0
  for (let i = 0; i < a.grey.length; i++) {
    const d = (a.grey[i]! - b.grey[i]!) / 255
    squares += d * d
    absolute += Math.abs(d)
  }
  const n = a.grey.length
  return { mse: squares / n, l1: absolute / n, ssim: ssim(a, b) }
}

/** Peak signal-to-noise ratio of a mean squared error, in dB. */
export const psnr = (mse: number) => -10 * Math.log10(mse)

/** Mean structural similarity (Wang et al. 2004) over all whole windows; sample covariance, data range 255. */
function ssim(a: Raster, b: Raster): number {
  const { width, height } = a
  const c1 = (0.01 * 255) ** 2
  const c2 = (0.03 * 255) ** 2
  const sums = [
    tableOf(width, height, (i) => a.grey[i]!),
    tableOf(width, height, (i) => b.grey[i]!),
    tableOf(width, height, (i) => a.grey[i]! ** 2),
    tableOf(width, height, (i) => b.grey[i]! ** 2),
    tableOf(width, height, (i) => a.grey[i]! * b.grey[i]!),
  ]
  const n = WINDOW * WINDOW
  const row = width + 1
  let total = 0
  let windows = 0
  for (let y = 0; y + WINDOW <= height; y++) {
    for (let x = 0; x + WINDOW <= width; x++) {
      const top = y * row + x
      const bottom = (y + WINDOW) * row + x
      const [ma, mb, aa, bb, ab] = sums.map(
        (table) => (table[bottom + WINDOW]! - table[bottom]! - table[top + WINDOW]! + table[top]!) / n,
      ) as [number, number, number, number, number]
      const sample = n / (n - 1)
      const va = sample * (aa - ma * ma)
      const vb = sample * (bb - mb * mb)
      const vab = sample * (ab - ma * mb)
      total += ((2 * ma * mb + c1) * (2 * vab + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
      windows++
    }
  }
  return windows === 0 ? 1 : total / windows
}

/** Summed-area table with a border of zeros. */
function tableOf(width: number, height: number, value: (i: number) => number): Float64Array {
  const row = width + 1
  const table = new Float64Array(row * (height + 1))
  for (let y = 0; y < height; y++) {
    let sum = 0
    for (let x = 0; x < width; x++) {
      sum += value(y * width + x)
      table[(y + 1) * row + x + 1] = table[y * row + x + 1]! + sum
    }
  }
  return table
}
