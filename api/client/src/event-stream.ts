import { readLines } from './read-lines.ts'

/** One server-sent event; a keep-alive comment is one without `data`. */
export type ServerSentEvent = { type: string; id: string | undefined; data: string }

/**
 * The events of a `text/event-stream` (HTML Living Standard, 9.2.6), including comments as events of type `comment`
 * without data. An event that is incomplete at the end of the stream is dropped.
 */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let type = ''
  let id: string | undefined
  let data: string[] = []
  for await (const line of readLines(stream)) {
    if (line === '') {
      if (data.length > 0) yield { type: type || 'message', id, data: data.join('\n') }
      type = ''
      data = []
      continue
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === '') yield { type: 'comment', id, data: '' }
    else if (field === 'event') type = value
    else if (field === 'data') data.push(value)
    else if (field === 'id') id = value
  }
}
