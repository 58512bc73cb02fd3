// Long work in a page or a server lets other work in between. A timer of zero takes four milliseconds in a page,
// so this is called every few ten milliseconds of work.

/** Resolves in a later turn of the event loop. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
