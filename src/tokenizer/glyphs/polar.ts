// The order in which the paper reads the pixels of a square: by distance from the centre, then by angle. A
// fixed permutation: it changes no distance between pictures, and after a principal component analysis nothing
// at all. Whole numbers throughout, so that equal distances are equal.

/** `[size * size]` the pixel (row by row) that comes at each place. Angles begin to the right and go downwards. */
export function polarOrder(size: number): Uint32Array {
  const x = (pixel: number) => 2 * (pixel % size) - size + 1
  const y = (pixel: number) => 2 * Math.floor(pixel / size) - size + 1
  /** The half-plane of an angle: [0, π) comes before [π, 2π). */
  const half = (pixel: number) => (y(pixel) > 0 || (y(pixel) === 0 && x(pixel) >= 0) ? 0 : 1)
  const pixels = Array.from({ length: size * size }, (_, pixel) => pixel)
  pixels.sort((a, b) => {
    const radius = x(a) ** 2 + y(a) ** 2 - x(b) ** 2 - y(b) ** 2
    if (radius !== 0) return radius
    if (half(a) !== half(b)) return half(a) - half(b)
    return x(b) * y(a) - x(a) * y(b)
  })
  return Uint32Array.from(pixels)
}
