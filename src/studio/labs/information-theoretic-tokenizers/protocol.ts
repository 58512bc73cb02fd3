// What the lab and its worker say to each other.
import type { Measurement, Transform } from '../../../measure/index.ts'

export interface Measured {
  measurement: Measurement
  transform: Transform
}

export type InformationCalls = {
  measure: { input: { text: string; tokenizers: readonly string[] }; output: Measured[] }
}
