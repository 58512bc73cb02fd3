// Builds a precompiled_charsmap (SentencePiece's compiled normalization map) from pairs of strings: a double
// array of 32-bit units in the layout of darts-clone, then the replacements, each ended by a zero byte.
// Only for asking references and for tests: it searches for free places naively.

/** `pairs`: [key, replacement][], keys not empty. Returns base64, as tokenizer.json has it. */
export function buildCharsmap(pairs) {
  const encoder = new TextEncoder()
  const root = { children: new Map(), value: -1 }
  const blob = []
  for (const [key, replacement] of pairs) {
    let node = root
    for (const byte of encoder.encode(key)) {
      if (!node.children.has(byte)) node.children.set(byte, { children: new Map(), value: -1 })
      node = node.children.get(byte)
    }
    node.value = blob.length
    blob.push(...encoder.encode(replacement), 0)
  }
  const units = [0]
  const taken = new Set([0])
  const bases = new Set([0])
  let low = 1
  const place = (node, at) => {
    const labels = [...(node.value >= 0 ? [0] : []), ...node.children.keys()]
    const fits = (base) =>
      !bases.has(base) && (base ^ at) < 1 << 21 && labels.every((label) => !taken.has(base ^ label))
    let base = low
    while (!fits(base)) base++
    if (labels.length === 1 && labels[0] === 0) low = Math.max(low, base - 512)
    bases.add(base)
    for (const label of labels) taken.add(base ^ label)
    units[at] = ((units[at] ?? 0) & 0xff) | (node.value >= 0 ? 1 << 8 : 0) | ((base ^ at) << 10)
    if (node.value >= 0) units[base] = (node.value | 0x80000000) >>> 0
    for (const label of node.children.keys()) units[base ^ label] = label
    for (const [label, child] of node.children) place(child, base ^ label)
  }
  place(root, 0)
  const length = ((units.length >> 8) + 2) << 8
  const bytes = new Uint8Array(4 + 4 * length + blob.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 4 * length, true)
  for (let i = 0; i < length; i++) view.setUint32(4 + 4 * i, (units[i] ?? 0xff) >>> 0, true)
  bytes.set(blob, 4 + 4 * length)
  return Buffer.from(bytes).toString('base64')
}
