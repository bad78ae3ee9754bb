const START = 0x0b
const END = 0x1c
const CR = 0x0d
const LF = 0x0a

/** A message as MLLP sends it: between 0x0B and 0x1C 0x0D. The message must hold neither 0x0B nor 0x1C. */
export function frame(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([START]), message, Buffer.from([END, CR])])
}

/** What came is no MLLP, or a frame is larger than agreed. */
export class FrameError extends Error {
  override name = 'FrameError'
}

/**
 * Takes messages out of the bytes of a connection, however those are cut: several frames in one chunk, one frame in many.
 * A frame ends with 0x1C; the CR that must follow is passed over with whatever line breaks stand between frames, since not
 * every sender has it.
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

  /** The messages that are complete with this chunk, in order. Throws `FrameError`; the connection is then of no more use. */
  *read(chunk: Buffer): Generator<Buffer, void, undefined> {
    let at = 0
    while (at < chunk.length) {
      if (!this.#inside) {
        const byte = chunk[at++]
        if (byte === START) this.#inside = true
        else if (byte !== CR && byte !== LF) throw new FrameError('not MLLP')
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
