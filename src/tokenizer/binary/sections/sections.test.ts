import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inspectExecutable, sections, type Section } from './index.ts'

/** Writes numbers of 1, 2, 4 or 8 bytes one after another. */
class Image {
  readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly little: boolean
  constructor(size: number, little = true) {
    this.bytes = new Uint8Array(size)
    this.view = new DataView(this.bytes.buffer)
    this.little = little
  }
  put(at: number, ...fields: readonly [size: 1 | 2 | 4 | 8, value: number][]): this {
    for (const [size, value] of fields) {
      if (size === 1) this.view.setUint8(at, value)
      else if (size === 2) this.view.setUint16(at, value, this.little)
      else if (size === 4) this.view.setUint32(at, value, this.little)
      else this.view.setBigUint64(at, BigInt(value), this.little)
      at += size
    }
    return this
  }
  text(at: number, text: string): this {
    for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i)
    return this
  }
}

function elf(wide: boolean, little: boolean): Uint8Array {
  const word = wide ? 8 : 4
  const image = new Image(0x400, little).text(0, '\x7fELF')
  image.put(4, [1, wide ? 2 : 1], [1, little ? 1 : 2], [1, 1])
  image.put(16, [2, 3], [2, 62], [4, 1], [word, 0], [word, 0], [word, 0x200], [4, 0])
  image.put(wide ? 52 : 40, [2, wide ? 64 : 52], [2, 0], [2, 0], [2, wide ? 64 : 40], [2, 4], [2, 3])
  image.text(0x150, '\0.text\0.bss\0.shstrtab\0')
  const entry = (i: number, name: number, type: number, flags: number, at: number, size: number) =>
    image.put(
      0x200 + i * (wide ? 64 : 40),
      [4, name],
      [4, type],
      [word, flags],
      [word, 0],
      [word, at],
      [word, size],
    )
  entry(1, 1, 1, 6, 0x100, 0x40)
  entry(2, 7, 8, 3, 0x140, 0x10000)
  entry(3, 12, 3, 0, 0x150, 0x20)
  return image.bytes
}

function pe(): Uint8Array {
  const image = new Image(0x600).text(0, 'MZ').put(0x3c, [4, 0x80]).text(0x80, 'PE')
  image.put(0x84, [2, 0xaa64], [2, 2], [4, 0], [4, 0], [4, 0], [2, 0xf0])
  image.put(0x98, [2, 0x20b])
  const entry = (i: number, name: string, at: number, size: number, flags: number) =>
    image
      .text(0x188 + 40 * i, name)
      .put(0x188 + 40 * i + 16, [4, size], [4, at])
      .put(0x188 + 40 * i + 36, [4, flags])
  entry(0, '.text', 0x200, 0x200, 0x60000020)
  entry(1, '.rsrc', 0x400, 0x200, 0x40000040)
  return image.bytes
}

function machO(): Uint8Array {
  const image = new Image(0x400).put(0, [4, 0xfeedfacf], [4, 0x0100000c], [4, 0], [4, 2], [4, 2], [4, 256])
  image.put(32, [4, 0x19], [4, 72 + 160]).put(32 + 64, [4, 2])
  const entry = (i: number, name: string, at: number, size: number, flags: number) => {
    const start = 32 + 72 + 80 * i
    image.text(start, name).text(start + 16, '__TEXT')
    image.put(start + 40, [8, size], [4, at]).put(start + 64, [4, flags])
  }
  entry(0, '__text', 0x200, 0x80, 0x80000400)
  entry(1, '__cstring', 0x280, 0x40, 2)
  image.put(32 + 232, [4, 2], [4, 24], [4, 0x300], [4, 2], [4, 0x320], [4, 0x30])
  return image.bytes
}

function fat(): Uint8Array {
  const slice = machO()
  const image = new Image(0x1000, false).put(0, [4, 0xcafebabe], [4, 2])
  image.put(8, [4, 0x01000007], [4, 0], [4, 0x400], [4, 0x400], [4, 0])
  image.put(28, [4, 0x0100000c], [4, 0], [4, 0x800], [4, 0x400], [4, 0])
  image.bytes.set(slice, 0x400)
  image.bytes.set(slice, 0x800)
  return image.bytes
}

function expectPartition(bytes: Uint8Array, list: Section[]): void {
  let at = 0
  for (const s of list) {
    expect(s.start).toBe(at)
    expect(s.end).toBeGreaterThan(s.start)
    at = s.end
  }
  expect(at).toBe(bytes.length)
}

const named = (list: Section[], name: string) => list.find((s) => s.name === name)

describe('sections of executables', () => {
  test.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('ELF, 64 bits %s, little-endian %s', (wide, little) => {
    const bytes = elf(wide, little)
    const { format, architectures, sections: list } = inspectExecutable(bytes)
    expect([format, architectures]).toEqual(['ELF', ['x86-64']])
    expectPartition(bytes, list)
    expect(named(list, '.text')).toEqual({ name: '.text', start: 0x100, end: 0x140, kind: 'code' })
    expect(named(list, '.bss')).toBeUndefined()
    expect(named(list, '.shstrtab')).toMatchObject({ start: 0x150, kind: 'strings' })
    expect(named(list, 'section headers')).toMatchObject({ start: 0x200, kind: 'header' })
  })

  test('PE', () => {
    const bytes = pe()
    const { format, architectures, sections: list } = inspectExecutable(bytes)
    expect([format, architectures]).toEqual(['PE', ['arm64']])
    expectPartition(bytes, list)
    expect(named(list, '.text')).toEqual({ name: '.text', start: 0x200, end: 0x400, kind: 'code' })
    expect(named(list, '.rsrc')).toEqual({ name: '.rsrc', start: 0x400, end: 0x600, kind: 'resources' })
  })

  test('Mach-O, thin and fat', () => {
    const thin = inspectExecutable(machO())
    expectPartition(machO(), thin.sections)
    expect(thin.architectures).toEqual(['arm64'])
    expect(named(thin.sections, '__TEXT,__text')).toMatchObject({ start: 0x200, end: 0x280, kind: 'code' })
    expect(named(thin.sections, '__TEXT,__cstring')).toMatchObject({ start: 0x280, kind: 'strings' })
    expect(named(thin.sections, 'symbol names')).toMatchObject({ start: 0x320, end: 0x350, kind: 'strings' })

    const both = inspectExecutable(fat())
    expectPartition(fat(), both.sections)
    expect(both.architectures).toEqual(['x86-64', 'arm64'])
    expect(named(both.sections, 'x86-64 __TEXT,__text')).toMatchObject({ start: 0x600, end: 0x680 })
    expect(named(both.sections, 'arm64 __TEXT,__text')).toMatchObject({ start: 0xa00, end: 0xa80 })
  })

  test('a Java class is not a fat Mach-O, and text is one section', () => {
    const java = new Image(64, false).put(0, [4, 0xcafebabe], [2, 0], [2, 65])
    expect(inspectExecutable(java.bytes).format).toBe('other')
    const text = new TextEncoder().encode('MZ: not a program')
    expect(sections(text)).toEqual([{ name: 'file', start: 0, end: text.length, kind: 'other' }])
    expect(sections(new Uint8Array(0))).toEqual([])
  })

  test('the program that runs this test has code', () => {
    const bytes = readFileSync(process.execPath)
    const { format, sections: list } = inspectExecutable(bytes)
    expect(['ELF', 'PE', 'Mach-O']).toContain(format)
    expectPartition(bytes, list)
    const code = list.filter((s) => s.kind === 'code').reduce((sum, s) => sum + s.end - s.start, 0)
    expect(code).toBeGreaterThan(bytes.length / 20)
  })

  test('whatever the headers claim, the answer is a partition', () => {
    const images = [elf(true, true), elf(false, false), pe(), machO(), fat()]
    const interesting = [0, 1, 4, 0x7f, 0x80, 0xff]
    fc.assert(
      fc.property(
        fc.constantFrom(...images),
        fc.array(fc.tuple(fc.nat(0x2ff), fc.oneof(fc.constantFrom(...interesting), fc.nat(255))), {
          maxLength: 24,
        }),
        fc.nat(0x600),
        (image, edits, cut) => {
          const bytes = image.slice(0, cut % 3 === 0 ? cut : image.length)
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value
          expectPartition(bytes, sections(bytes))
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('a header that claims endless tables is read in bounded steps', () => {
    // 0xffffffff commands of eight bytes, each a segment that claims 0xffffffff sections of no size.
    const image = new Image(1 << 20).put(0, [4, 0xfeedface], [4, 7], [4, 0], [4, 2], [4, 0xffffffff])
    for (let at = 28; at + 8 < image.bytes.length; at += 8) image.put(at, [4, 1], [4, 8])
    expectPartition(image.bytes, sections(image.bytes))
  })
})
