import { Transform, type Readable } from 'node:stream'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { Refusal } from '../http/refusal.ts'

const MiB = 1024 * 1024
/** Encounters as JSON compress to a tenth or twentieth; a bomb of zeros compresses to a thousandth. */
const EXPANSION_AT_MOST = 200
/** Uploads below this size are not checked. */
const SURELY_NO_BOMB_BYTES = 8 * MiB
/** 8 MiB, as used by `zstd -19`. A larger window would let each upload claim more memory. */
const ZSTD_WINDOW_LOG = 23

/** The accepted Content-Encodings of an upload; the value of `Accept-Encoding` in a refusal. */
export const CODINGS = 'gzip, zstd, identity'

/**
 * Decodes the Content-Encoding of an upload, piece by piece. Throws a 415 for an unsupported coding, a 400 for invalid
 * data, a 413 for a decompression bomb, and a 408 if nothing arrives for `stallMs` or the connection breaks. Leaves the
 * stream open, since a reply is still to be sent.
 */
export async function* decodeUpload(
  upload: Readable,
  coding: string | undefined,
  stallMs: number,
): AsyncGenerator<Buffer> {
  const decoder = decoderOf(coding)
  if (!decoder) {
    try {
      yield* unlessStalled(upload, stallMs)
    } catch (error) {
      throw upload.errored ? brokenOff() : error
    }
    return
  }
  const counted = countInto(upload)
  let expanded = 0
  counted.stream.pipe(decoder)
  upload.once('error', (error) => decoder.destroy(error))
  upload.once('aborted', () => decoder.destroy(new Error('aborted')))
  try {
    for await (const piece of unlessStalled(decoder, stallMs)) {
      expanded += piece.length
      if (expanded > SURELY_NO_BOMB_BYTES && expanded > counted.bytes() * EXPANSION_AT_MOST) {
        throw new Refusal(
          'payload-too-large',
          `The body expands more than ${EXPANSION_AT_MOST}-fold; use less compression.`,
        )
      }
      yield piece
    }
  } catch (error) {
    if (upload.errored) throw brokenOff()
    if (isBrokenCoding(error)) {
      throw new Refusal('invalid-json', `The body is not valid ${coding}.`)
    }
    throw error
  } finally {
    upload.unpipe()
    decoder.destroy()
  }
}

/** No client is left to read this refusal: it keeps a lost connection from being logged as a fault of the gateway. */
function brokenOff(): Refusal {
  return new Refusal(
    'upload-stalled',
    'The connection broke before the end of the upload; send the batch again to resume it.',
  )
}

function decoderOf(coding: string | undefined): Transform | undefined {
  switch (coding?.toLowerCase() ?? 'identity') {
    case 'identity':
      return undefined
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } })
    default:
      throw new Refusal(
        'unsupported-media-type',
        `The supported Content-Encodings of a batch are ${CODINGS}.`,
        {},
        { 'Accept-Encoding': CODINGS },
      )
  }
}

function countInto(upload: Readable): { stream: Readable; bytes: () => number } {
  let bytes = 0
  const counting = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length
      done(null, piece)
    },
  })
  return { stream: upload.pipe(counting), bytes: () => bytes }
}

function isBrokenCoding(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^(Z_|ZSTD_|ERR__ZLIB|ERR_ZSTD)/.test(code)
}

async function* unlessStalled(stream: Readable, stallMs: number): AsyncGenerator<Buffer> {
  const pieces = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
  for (;;) {
    const { promise: stalled, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(
        new Refusal(
          'upload-stalled',
          `No data arrived for ${stallMs / 1000} seconds; send the batch again to resume it.`,
        ),
      )
    }, stallMs)
    try {
      const { value, done } = await Promise.race([pieces.next(), stalled])
      if (done) return
      yield value
    } finally {
      clearTimeout(timer)
    }
  }
}
