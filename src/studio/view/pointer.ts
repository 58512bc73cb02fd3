// Whether the pointer itself moved. When a list scrolls under a resting pointer, browsers report another
// element below it; taking that for pointing would snatch the place away from the keyboard.

/** A test that is true for an event at another place of the screen than the one before. */
export function pointerMoves(): (event: PointerEvent) => boolean {
  let x = NaN
  let y = NaN
  return (event) => {
    const moved = event.screenX !== x || event.screenY !== y
    x = event.screenX
    y = event.screenY
    return moved
  }
}
