/** A line feed. */
export const NEWLINE = 0x0a
const RETURN = 0x0d

/** The size limit of one encounter at the gateway. */
export const ITEM_LIMIT_BYTES = 1024 * 1024

/** A line of a file without its line end, counted from 1; `bytes` is `undefined` if the line is too long. */
export type ByteLine = { line: number; bytes: Buffer | undefined }

/**
 * The lines of a file of any length. Only one line is in memory at a time, and never one of more than `limitBytes`.
 * Skips a byte order mark at the beginning.
 */
export async function* byteLines(pieces: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<ByteLine> {
  let gathered: Buffer[] = []
  let length = 0
  let line = 0
  const add = (piece: Buffer) => {
    length += piece.length
    if (length > limitBytes) gathered = []
    else gathered.push(piece)
  }
  const take = (): ByteLine => {
    const isTooLong = length > limitBytes
    const bytes = Buffer.concat(gathered)
    gathered = []
    length = 0
    line++
    return { line, bytes: isTooLong ? undefined : withoutEnds(bytes, line) }
  }
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    let from = 0
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      add(bytes.subarray(from, at))
      yield take()
      from = at + 1
    }
    add(bytes.subarray(from))
  }
  if (length > 0) yield take()
}

/** Whether there is only white space. */
export function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === NEWLINE || byte === RETURN)
}

function withoutEnds(bytes: Buffer, line: number): Buffer {
  const end = bytes.at(-1) === RETURN ? bytes.length - 1 : bytes.length
  const hasMark = line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.subarray(hasMark ? 3 : 0, end)
}
