import type { PatientEncounterRequest } from './contract.ts'

/** A part of a byte stream, or one encounter. */
export type BatchPiece = Uint8Array | PatientEncounterRequest

/** The content of a batch: encounters, or NDJSON (one request body per line) as text, bytes or a stream. */
export type BatchContent =
  | string
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | Iterable<PatientEncounterRequest>
  | AsyncIterable<BatchPiece>

/**
 * Content, or a function that returns it from its beginning each time. Only content that can be read again is resent
 * automatically: a function, text, bytes, a Blob or File, an array. A stream or a generator can be read only once.
 */
export type BatchSource = BatchContent | (() => BatchContent | Promise<BatchContent>)

/** Bytes gathered before they are sent: many encounters are smaller than a packet. */
const PIECE_LENGTH = 64 * 1024

/** Whether a source can be read again from its beginning. */
export function isRereadable(source: BatchSource): boolean {
  return (
    typeof source === 'function' ||
    typeof source === 'string' ||
    source instanceof Uint8Array ||
    source instanceof Blob ||
    Array.isArray(source)
  )
}

/** The NDJSON of a source from its beginning, in pieces. Errors of the source are rethrown unchanged. */
export async function* openSource(source: BatchSource): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const content = typeof source === 'function' ? await source() : source
  if (typeof content === 'string') yield new TextEncoder().encode(content)
  else if (content instanceof Uint8Array) yield inOwnBuffer(content)
  else if (content instanceof Blob) yield* piecesOf(content.stream())
  else if (content instanceof ReadableStream) yield* piecesOf(content)
  else yield* linesOf(content)
}

async function* piecesOf(stream: ReadableStream<Uint8Array>) {
  // not every browser has a ReadableStream that can be iterated
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield inOwnBuffer(value)
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

async function* linesOf(pieces: Iterable<BatchPiece> | AsyncIterable<BatchPiece>) {
  const encoder = new TextEncoder()
  let gathered = ''
  for await (const piece of pieces) {
    if (typeof piece === 'string') {
      throw new TypeError('a batch consists of encounters or bytes: parse lines of JSON first, or pass the whole text')
    }
    if (!(piece instanceof Uint8Array)) gathered += `${JSON.stringify(piece)}\n`
    if (gathered.length >= PIECE_LENGTH || (piece instanceof Uint8Array && gathered)) {
      yield encoder.encode(gathered)
      gathered = ''
    }
    if (piece instanceof Uint8Array) yield inOwnBuffer(piece)
  }
  if (gathered) yield encoder.encode(gathered)
}

/** `fetch` accepts no bytes of a SharedArrayBuffer. */
function inOwnBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}
