/** Byte strings in one buffer: transferring it between threads costs as much as transferring one of them. */
export type PackedBytes = { bytes: Uint8Array<ArrayBuffer>; lengths: number[] }

/** Copies byte strings into one buffer of their own. */
export function packBytes(parts: readonly Uint8Array[]): PackedBytes {
  const lengths = parts.map(({ length }) => length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return { bytes, lengths }
}

/** Undoes `packBytes`, without a copy. */
export function unpackBytes({ bytes, lengths }: PackedBytes): Buffer[] {
  let at = bytes.byteOffset
  return lengths.map((length) => {
    const part = Buffer.from(bytes.buffer, at, length)
    at += length
    return part
  })
}
