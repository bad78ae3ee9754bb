type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>

/** The body of an upload, and the state of reading its source. */
export type UploadBody = {
  body: ReadableStream<Uint8Array<ArrayBuffer>> | Blob
  /** Options for `fetch`: a stream requires half duplex. */
  init: { duplex?: 'half' }
  headers: Record<string, string>
  /** Whether the source was read to its end. */
  isRead(): boolean
  /** The error of the source, if it threw one. */
  sourceError(): { thrown: unknown } | undefined
  /** Releases the source, after its pending read. */
  close(): void
}

/**
 * Creates a body from a source, which is read as fast as the gateway accepts it and need not fit in memory. In a
 * browser, where requests cannot be streamed over every HTTP version, it is read into a Blob first. `onBytes` is called
 * for each piece read.
 */
export async function openUploadBody(
  pieces: Pieces,
  about: { compress: boolean; onBytes?: ((bytes: number) => void) | undefined },
): Promise<UploadBody> {
  let isRead = false
  let sourceError: { thrown: unknown } | undefined
  const read = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
    try {
      const { done, value } = await pieces.next()
      if (done) {
        isRead = true
        controller.close()
        return
      }
      about.onBytes?.(value.length)
      controller.enqueue(value)
    } catch (thrown) {
      sourceError = { thrown }
      controller.error(thrown)
    }
  }
  const close = () => void pieces.return().catch(() => undefined)
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: read, cancel: close }, { highWaterMark: 0 })
  const compress = about.compress && typeof CompressionStream === 'function'
  const stream = compress ? source.pipeThrough(new CompressionStream('gzip')) : source
  const isBrowser = 'document' in globalThis || 'WorkerGlobalScope' in globalThis
  const common = {
    headers: { 'Content-Type': 'application/x-ndjson', ...(compress && { 'Content-Encoding': 'gzip' }) },
    isRead: () => isRead,
    sourceError: () => sourceError,
    close,
  }
  if (!isBrowser) return { ...common, body: stream, init: { duplex: 'half' } }
  const body = await new Response(stream).blob().catch((error: unknown) => {
    throw sourceError ? sourceError.thrown : error
  })
  return { ...common, body, init: {} }
}
