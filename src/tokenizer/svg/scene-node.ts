// The scene between reading and rounding: a drawing in canvas units whose coordinates are still exact.
import type { ElementName } from './layout.ts'
import type { Segment } from './path-data.ts'
import type { Attributes } from './style.ts'

/** As a DrawingNode, before rounding. References are `url(#key)` with keys of `Scene.definitions`. */
export interface SceneNode {
  name: ElementName
  attributes: Attributes
  /** Absolute, in canvas units; null when it is no path. */
  segments: Segment[] | null
  /** Its stroke makes dots of lines without length. */
  dots: boolean
  children: SceneNode[]
}

export interface Scene {
  canvas: number
  width: number
  height: number
  nodes: SceneNode[]
  definitions: ReadonlyMap<string, SceneNode>
}
