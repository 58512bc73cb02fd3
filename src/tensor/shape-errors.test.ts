// What does not fit is refused while the function is traced: the error names the operation and both shapes, and
// points at the line of whoever called it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as t from './index.ts'

const source = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n')

const [a, b, c, flags, ids] = (() => {
  const made: t.Tensor[] = []
  const specs = { a: t.float('batch', 3), b: t.float(4, 2), c: t.float(2, 'batch', 4, 6) }
  t.trace({ ...specs, flags: { dtype: 'bool', shape: [3] }, ids: t.ints(2) }, (x) => {
    made.push(x.a, x.b, x.c, x.flags, x.ids)
    return { a: x.a }
  })
  return made as [t.Tensor, t.Tensor, t.Tensor, t.Tensor, t.Tensor]
})()

// Each call stands on a line of its own, which the error must name.
const SHAPES: [op: string, call: () => unknown, ...named: string[]][] = [
  ['Add', () => t.add(a, b), '[batch, 3]', '[4, 2]'],
  ['Pow', () => t.pow(a, b), '[batch, 3]', '[4, 2]'],
  ['Less', () => t.less(a, b), '[batch, 3]', '[4, 2]'],
  ['And', () => t.and(flags, t.less(b, 0)), '[3]', '[4, 2]'],
  ['Where', () => t.where(flags, b, 0), '[3]', '[4, 2]'],
  ['MatMul', () => t.matmul(a, b), '[batch, 3]', '[4, 2]'],
  ['MatMul', () => t.matmul(c, t.transpose(c, [1, 0, 3, 2])), '[2, batch]', '[batch, 2]'],
  ['Reshape', () => t.reshape(a, [5]), '[batch, 3]', '[5]'],
  ['Reshape', () => t.reshape(a, [-1, 2]), '[batch, 3]', '[-1, 2]'],
  ['Transpose', () => t.transpose(a, [0, 0]), '[0, 0]', '[batch, 3]'],
  ['Squeeze', () => t.squeeze(a, 1), '[batch, 3]'],
  ['Unsqueeze', () => t.unsqueeze(a, 4), '[batch, 3]'],
  ['Slice', () => t.slice(a, 1, 2, 5), '[batch, 3]'],
  ['Concat', () => t.concat([a, b], 0), '[batch, 3]', '[4, 2]'],
  ['Concat', () => t.stack([a, b], 0), '[1, batch, 3]', '[1, 4, 2]'],
  ['Split', () => t.split(b, [1, 2], 0), '[1, 2]', '[4, 2]'],
  ['Pad', () => t.pad(a, 2, 1, 1), '[batch, 3]'],
  ['Expand', () => t.expand(a, [4, 3]), '[batch, 3]', '[4, 3]'],
  ['ReduceSum', () => t.sum(a, [2]), '[batch, 3]'],
  ['ArgMax', () => t.argmax(a, 7), '[batch, 3]'],
  ['Gather', () => t.gather(a, ids, 2), '[batch, 3]'],
  ['GatherElements', () => t.gatherElements(b, ids, 0), '[4, 2]', '[2]'],
  ['ScatterRows', () => t.scatterRows(b, ids, a), '[4, 2]', '[batch, 3]'],
  ['ScatterElements', () => t.scatterElements(b, ids, a, 0), '[4, 2]', '[2]'],
  ['TopK', () => t.topK(b, 3), '[4, 2]'],
  ['CumSum', () => t.cumSum(b, 2), '[4, 2]'],
  ['Tril', () => t.tril(ids), '[2]'],
  ['CrossEntropy', () => t.crossEntropy(b, ids), '[4, 2]', '[2]'],
  ['Attention', () => t.attention(a, b, b), '[batch, 3]', '[4, 2]'],
  ['Rotary', () => t.rotary(c, c, c), '[2, batch, 4, 6]'],
  ['Conv', () => t.conv1d(c, b), '[2, batch, 4, 6]', '[4, 2]'],
  ['ConvTranspose', () => t.convTranspose1d(c, b), '[2, batch, 4, 6]', '[4, 2]'],
]

const DTYPES: [op: string, call: () => unknown, ...named: string[]][] = [
  ['Add', () => t.add(a, t.cast(a, 'int64')), 'float32', 'int64'],
  ['MatMul', () => t.matmul(a, t.cast(t.transpose(a), 'float16')), 'float32', 'float16'],
  ['Exp', () => t.exp(ids), 'int64'],
  ['Not', () => t.not(a), 'float32'],
  ['Gather', () => t.gather(a, b), 'float32'],
  ['ReduceSum', () => t.sum(flags), 'bool'],
  ['Concat', () => t.concat([a, t.cast(a, 'int32')], 0), 'float32', 'int32'],
  ['Mod', () => t.mod(a, 2), 'float32'],
  ['All', () => t.all(a, 0), 'float32'],
]

const lineOf = (table: string) => source.findIndex((line) => line.startsWith(`const ${table}`)) + 2

const row =
  (code: string, table: string) =>
  ([op, call, ...named]: (typeof SHAPES)[number], i: number) => ({
    code,
    line: lineOf(table) + i,
    op,
    call,
    named,
  })

test.each([...SHAPES.map(row('SHAPE_MISMATCH', 'SHAPES')), ...DTYPES.map(row('DTYPE_MISMATCH', 'DTYPES'))])(
  '$code of $op on line $line',
  ({ code, line, op, call, named }) => {
    const error = (() => {
      try {
        call()
      } catch (thrown) {
        return thrown as { code: string; message: string; where: string }
      }
      throw new Error('Nothing was thrown')
    })()
    expect(error.code).toBe(code)
    expect(error.message).toContain(`${op}: `)
    for (const name of named) expect(error.message).toContain(name)
    expect(error.where).toMatch(new RegExp(`shape-errors\\.test\\.ts:${line}:\\d+$`))
  },
)
