// The little of protobuf that writing an ONNX model needs: fields of varints, bytes, floats and messages into
// a buffer that grows. Nested messages are written to a buffer of their own first, since their length comes
// before them. https://protobuf.dev/programming-guides/encoding

const utf8 = new TextEncoder()

export class ProtoWriter {
  private bytes = new Uint8Array(256)
  private length = 0

  /** A view of what has been written. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  private room(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  /** Non-negative integers up to 2^53, or negative ones as two's complement of 64 bits. */
  private varint(value: number | bigint): void {
    this.room(10)
    if (typeof value === 'number' && value >= 0 && value < 0x80000000) {
      let rest = value
      while (rest > 127) {
        this.bytes[this.length++] = (rest & 127) | 128
        rest >>>= 7
      }
      this.bytes[this.length++] = rest
      return
    }
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.bytes[this.length++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.bytes[this.length++] = Number(rest)
  }

  int(field: number, value: number | bigint): this {
    this.varint(field << 3)
    this.varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.varint((field << 3) | 5)
    this.room(4)
    new DataView(this.bytes.buffer).setFloat32(this.length, value, true)
    this.length += 4
    return this
  }

  data(field: number, value: Uint8Array): this {
    this.varint((field << 3) | 2)
    this.varint(value.length)
    this.room(value.length)
    this.bytes.set(value, this.length)
    this.length += value.length
    return this
  }

  text(field: number, value: string): this {
    return this.data(field, utf8.encode(value))
  }

  message(field: number, write: (writer: ProtoWriter) => void): this {
    const inner = new ProtoWriter()
    write(inner)
    return this.data(field, inner.finish())
  }
}
