export function buildCharsmap(pairs: Iterable<readonly [key: string, replacement: string]>): string
