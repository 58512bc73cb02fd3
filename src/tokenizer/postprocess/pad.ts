// Padding rows of ids to one length. Source: `pad_encodings` of Hugging Face tokenizers.
import { TesseraError } from '../../core/index.ts'
import type { PaddingSpec } from '../spec.ts'
import type { PaddedBatch, PadOptions } from '../types.ts'

/**
 * Pads rows to the longest, or to a fixed length, rounded up to a multiple. Options stand over the
 * tokenizer's own setting. Throws ARGUMENT_INVALID for options out of range and for a row that is longer
 * than the fixed length (the reference leaves such a row longer than the others; a rectangle cannot).
 */
export function padRows(
  rows: readonly ArrayLike<number>[],
  options: PadOptions = {},
  spec: PaddingSpec | null = null,
): PaddedBatch {
  const fixed = options.length ?? (typeof spec?.strategy === 'object' ? spec.strategy.Fixed : undefined)
  const multiple = options.multipleOf ?? spec?.pad_to_multiple_of ?? 0
  const side = options.side ?? (spec?.direction === 'Left' ? 'left' : 'right')
  const padId = options.padId ?? spec?.pad_id ?? 0
  if (fixed !== undefined) requireWhole(fixed, 'length')
  requireWhole(multiple, 'multipleOf')
  requireWhole(padId, 'padId')
  let length = fixed ?? 0
  if (fixed === undefined) for (const row of rows) length = Math.max(length, row.length)
  if (multiple > 0 && length % multiple > 0) length += multiple - (length % multiple)

  const cells = rows.length * length
  if (cells > 2 ** 31) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `${rows.length} rows of ${length} ids are too many for one batch`,
      {
        where: 'pad',
        hint: 'Pad fewer rows at a time',
      },
    )
  }
  const ids = new Uint32Array(cells).fill(padId)
  const attentionMask = new Uint8Array(cells)
  rows.forEach((row, r) => {
    if (row.length > length) {
      throw new TesseraError('ARGUMENT_INVALID', `Row ${r} has ${row.length} ids, more than ${length}`, {
        where: 'length',
        hint: 'Encode with maxLength, or pad to a greater length',
      })
    }
    const start = r * length + (side === 'left' ? length - row.length : 0)
    ids.set(row, start)
    attentionMask.fill(1, start, start + row.length)
  })
  return { ids, attentionMask, rows: rows.length, length }
}

function requireWhole(value: number, where: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new TesseraError('ARGUMENT_INVALID', `${value} is not a whole number from 0 on`, { where })
  }
}
