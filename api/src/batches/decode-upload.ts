import { Transform, type Readable } from 'node:stream'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { Refusal } from '../http/refusal.ts'

const MiB = 1024 * 1024
/** JSON of encounters shrinks to a tenth or twentieth; a bomb of zeros to a thousandth. */
const EXPANSION_AT_MOST = 200
/** Below this nobody counts. */
const SURELY_NO_BOMB_BYTES = 8 * MiB
/** 8 MiB: what `zstd -19` uses. More would be memory that each upload can claim. */
const ZSTD_WINDOW_LOG = 23

/** Codings that an upload may have; the value of `Accept-Encoding` where it has another. */
export const CODINGS = 'gzip, zstd, identity'

/**
 * The upload without its Content-Encoding, piece by piece. Throws a 415 for a coding that is not taken, a 400 where it is
 * broken, a 413 if it expands like a bomb, a 408 if nothing comes for `stallMs` or the connection breaks. The stream itself is
 * left open: there is a reply to be sent.
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
          `The body expands more than ${EXPANSION_AT_MOST}-fold; send it with less compression.`,
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

/** Nobody is there to read it: it keeps a client that hangs up from looking like a fault of the gateway. */
function brokenOff(): Refusal {
  return new Refusal(
    'upload-stalled',
    'The connection broke before the end of the upload; send the batch again to go on.',
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
        `A batch may be sent with the Content-Encodings ${CODINGS}.`,
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
        new Refusal('upload-stalled', `Nothing came for ${stallMs / 1000} seconds; send the batch again to go on.`),
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
