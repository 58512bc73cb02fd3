// What a drawing refers to: gradients, clip paths, masks. One in the file may be needed several times, under different
// transforms, and is made once for each.
import type { Matrix } from './matrix.ts'
import type { SceneNode } from './scene-node.ts'
import type { Viewport } from './shapes.ts'
import type { XmlElement } from './xml.ts'

export class Definitions {
  /** By the key in `url(#key)`. */
  readonly nodes = new Map<string, SceneNode>()
  private readonly keys = new Map<string, string>()
  private readonly identities = new Map<XmlElement, number>()

  /** The reference to a definition, made when it is first needed under this matrix. */
  reference(element: XmlElement, matrix: Matrix, viewport: Viewport, make: () => SceneNode): string {
    const place = `${this.identity(element)} ${matrix.join(' ')} ${viewport.width} ${viewport.height}`
    let key = this.keys.get(place)
    if (key === undefined) {
      key = String(this.keys.size)
      this.keys.set(place, key)
      const node = make()
      this.nodes.set(key, node)
    }
    return `url(#${key})`
  }

  private identity(element: XmlElement): number {
    const known = this.identities.get(element) ?? this.identities.size
    this.identities.set(element, known)
    return known
  }
}
