// Collects the parts of a binary file whose size is not known beforehand.

export class ByteWriter {
  private bytes = new Uint8Array(1 << 12)
  length = 0

  private room(n: number): void {
    if (this.length + n <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + n))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  u8(value: number): void {
    this.room(1)
    this.bytes[this.length++] = value
  }

  varint(value: number): void {
    this.room(8)
    while (value >= 128) {
      this.bytes[this.length++] = (value & 127) | 128
      value = Math.floor(value / 128)
    }
    this.bytes[this.length++] = value
  }

  put(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  done(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }
}
