// The baseline of rounding: what happens when every relative distance is rounded by itself, as the authors'
// released tokenizer does. Each rounding error then moves all that follows on the sub-path.
import type { Command, Scene, SceneNode, SvgTokens } from '../../tokenizer/index.ts'

type Segment = NonNullable<SceneNode['segments']>[number]

/** Relative commands whose distances are rounded one by one, radii too. */
function driftingCommands(segments: readonly Segment[]): Command[] {
  let [x, y, startX, startY] = [0, 0, 0, 0]
  return segments.map(({ type, args }) => {
    const n = args.length
    const from = [x, y] as const
    if (type === 'Z') [x, y] = [startX, startY]
    else if (type === 'H') x = args[0]!
    else if (type === 'V') y = args[0]!
    else [x, y] = [args[n - 2]!, args[n - 1]!]
    if (type === 'Z') return { letter: 'z', args: [] }
    if (type === 'M') {
      ;[startX, startY] = [x, y]
      return { letter: 'M', args: args.map(Math.round) }
    }
    const first = type === 'A' ? 5 : 0
    const moved = args.map((value, i) => {
      if (i < first) return Math.round(value)
      const vertical = type === 'V' || (type !== 'H' && (i - first) % 2 === 1)
      return Math.round(value - from[vertical ? 1 : 0])
    })
    return { letter: type.toLowerCase(), args: moved }
  })
}

/** An SVG of a scene without definitions, rounded so. */
export function driftingText(scene: Scene, { pathText: text }: Pick<SvgTokens, 'pathText'>): string {
  const write = (node: SceneNode): string => {
    const own = node.attributes.map(([name, value]) => ` ${name}="${value}"`).join('')
    if (node.segments) return `<path${own} d="${text(driftingCommands(node.segments))}"/>`
    return `<${node.name}${own}>${node.children.map(write).join('')}</${node.name}>`
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${scene.width} ${scene.height}">`
  return `${head}${scene.nodes.map(write).join('')}</svg>`
}
