// Does a drawing look the same after tokenising and detokenising? Every icon of a set, before and after.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'
import type { Command, Scene, SceneNode, SvgTokens } from '../../tokenizer/index.ts'
import type { Icon } from './corpus.ts'
import { driftingText } from './drift.ts'
import { differenceOf, loadRasteriser, psnr, type Rasteriser } from './raster.ts'
import type { FidelityResult, PictureResult } from './result.ts'

export async function measureFidelity(
  svg: SvgTokens,
  icons: readonly Icon[],
  set: string,
  canvas: number,
  work: LongWork,
): Promise<FidelityResult> {
  const rasterise = await loadRasteriser()
  const tokenizer = new svg.SvgTokenizer({ canvas })
  const ours = new Pictures()
  const drifting = new Pictures()
  let parsed = 0
  let stable = 0
  let farthest = 0
  let beyond = 0
  for (const [i, icon] of icons.entries()) {
    if (i % 50 === 0) {
      throwIfCancelled(work.signal)
      await new Promise((resolve) => setTimeout(resolve))
      work.onProgress?.({
        stage: `canvas ${canvas}: drawing ${set}`,
        done: i,
        total: icons.length,
        unit: 'files',
      })
    }
    const { ids, drawing, report } = tokenizer.tokenise(icon.text)
    const back = tokenizer.decode(ids)
    parsed++
    if (svg.drawingText(tokenizer.tokenise(back).drawing) === back) stable++
    const notes = new svg.Notes()
    const scene = svg.readScene(icon.text, canvas, notes)
    if (report.clamped + report.clipped === 0) {
      farthest = Math.max(
        farthest,
        farthestPoint(
          scene,
          svg.pathsOf(drawing).map((path) => path.commands!),
        ),
      )
    } else beyond++
    const original = rasterise(icon.text)
    ours.add(original, back, rasterise)
    drifting.add(original, driftingText(scene, svg), rasterise)
  }
  return {
    set,
    files: icons.length,
    parsed,
    stable,
    farthestPoint: farthest,
    beyondCanvas: beyond,
    ours: ours.result(),
    drifting: drifting.result(),
  }
}

/** Mean differences of pictures, and how many could be drawn. */
class Pictures {
  private drawn = 0
  private mse = 0
  private l1 = 0
  private ssim = 0
  private readonly all: number[] = []

  add(original: ReturnType<Rasteriser>, svg: string, rasterise: Rasteriser): void {
    let difference
    try {
      difference = differenceOf(original, rasterise(svg))
    } catch {
      // Counted as not drawn: that is the figure.
      return
    }
    this.drawn++
    this.mse += difference.mse
    this.l1 += difference.l1
    this.ssim += difference.ssim
    this.all.push(difference.ssim)
  }

  result(): PictureResult {
    const sorted = this.all.sort((a, b) => a - b)
    return {
      drawn: this.drawn,
      psnr: psnr(this.mse / this.drawn),
      l1: this.l1 / this.drawn,
      ssim: this.ssim / this.drawn,
      ssimWorst: sorted[0] ?? NaN,
      ssimFifthPercentile: sorted[Math.floor(sorted.length / 20)] ?? NaN,
    }
  }
}

/**
 * The largest distance, along one axis and in canvas units, from a true end point of the scene to the nearest end
 * point of the same path after rounding.
 */
function farthestPoint(scene: Scene, written: readonly (readonly Command[])[]): number {
  const truth = endPoints(scene)
  const ends = new Set<string>()
  for (const commands of written) {
    let [x, y, startX, startY] = [0, 0, 0, 0]
    for (const { letter, args } of commands) {
      if (letter === 'M') [x, y] = [startX, startY] = [args[0]!, args[1]!]
      else if (letter === 'z') [x, y] = [startX, startY]
      else if (letter === 'h') x += args[0]!
      else if (letter === 'v') y += args[0]!
      else {
        x += args.at(-2)!
        y += args.at(-1)!
      }
      ends.add(`${x} ${y}`)
    }
  }
  let farthest = 0
  for (const [x, y] of truth) {
    let least = Infinity
    // The nearest whole points, from the nearest outwards; the first that was written counts.
    for (const px of [Math.floor(x), Math.ceil(x)]) {
      for (const py of [Math.floor(y), Math.ceil(y)]) {
        if (ends.has(`${px} ${py}`)) least = Math.min(least, Math.max(Math.abs(px - x), Math.abs(py - y)))
      }
    }
    // Written, if at all, at a point that is no neighbour of the true one.
    if (least === Infinity) least = 1
    farthest = Math.max(farthest, least)
  }
  return farthest
}

/** Absolute end points of all commands; not of sub-paths that round to one point, which are not written. */
function endPoints(scene: Scene): [number, number][] {
  const points: [number, number][] = []
  let start: [number, number] = [0, 0]
  let own: [number, number][] = []
  const finish = () => {
    const [x, y] = start.map(Math.round)
    if (own.some((one) => Math.round(one[0]) !== x || Math.round(one[1]) !== y)) points.push(...own)
    own = []
  }
  const visit = (node: SceneNode) => {
    let [x, y] = [0, 0]
    for (const { type, args } of node.segments ?? []) {
      if (type === 'Z') {
        ;[x, y] = start
        continue
      }
      if (type === 'H') x = args[0]!
      else if (type === 'V') y = args[0]!
      else [x, y] = [args.at(-2)!, args.at(-1)!]
      if (type === 'M') {
        finish()
        start = [x, y]
      } else own.push([x, y])
    }
    finish()
    node.children.forEach(visit)
  }
  scene.nodes.forEach(visit)
  return points
}
