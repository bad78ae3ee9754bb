const START = 0x0b
const END = 0x1c
const CR = 0x0d
const LF = 0x0a
const ACK = 0x06
const NAK = 0x15
/** What receivers write between frames: line breaks, padding, a byte order mark, a commit without its block. */
const BETWEEN_FRAMES = new Set([CR, LF, 0x00, 0x09, 0x20, 0xef, 0xbb, 0xbf, ACK])

/** A message as MLLP sends it: between 0x0B and 0x1C 0x0D. The message must hold neither 0x0B nor 0x1C. */
export function frame(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([START]), message, Buffer.from([END, CR])])
}

/**
 * The commit block of MLLP Release 2: whether the receiver has stored the message, before its acknowledgement says what
 * became of it. `undefined` for any other message.
 */
export function commitIn(message: Buffer): 'stored' | 'not stored' | undefined {
  if (message.length !== 1) return undefined
  if (message[0] === ACK) return 'stored'
  return message[0] === NAK ? 'not stored' : undefined
}

/** The bytes received are not MLLP, or a frame is larger than allowed. */
export class FrameError extends Error {
  override name = 'FrameError'
}

/**
 * Extracts messages from the bytes of a connection, however those are split: several frames in one chunk, one frame in
 * many. A frame ends with 0x1C; the CR that must follow is skipped with what else stands between frames, since not every
 * sender sends it.
 */
export class FrameReader {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #bytes = 0
  #inside = false

  /** `maxBytes` is for one message. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * The messages that this chunk completes, in order. Throws `FrameError`; the connection can then no longer be used.
   */
  *read(chunk: Buffer): Generator<Buffer, void, undefined> {
    let at = 0
    while (at < chunk.length) {
      if (!this.#inside) {
        const byte = chunk[at++]
        if (byte === START) this.#inside = true
        else if (!BETWEEN_FRAMES.has(byte ?? 0)) throw new FrameError('not MLLP')
        continue
      }
      const end = chunk.indexOf(END, at)
      const part = chunk.subarray(at, end < 0 ? chunk.length : end)
      this.#bytes += part.length
      if (this.#bytes > this.#maxBytes) throw new FrameError('too large')
      this.#parts.push(part)
      if (end < 0) return
      at = end + 1
      yield this.#take()
    }
  }

  #take(): Buffer {
    const message = Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    this.#inside = false
    return message
  }
}
