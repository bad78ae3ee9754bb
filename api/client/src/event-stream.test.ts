import { expect, test } from 'vitest'
import { readEvents } from './event-stream.ts'

const eventsOf = (text: string) => Array.fromAsync(readEvents(new Blob([text]).stream()))

test('reads types, ids and data of several lines, whatever the line ends', async () => {
  expect(await eventsOf('event: a\r\nid: 1\r\ndata: x\r\ndata:y\r\n\r\n:hi\n\ndata: z\n\n')).toEqual([
    { type: 'a', id: '1', data: 'x\ny' },
    { type: 'comment', id: '1', data: '' },
    { type: 'message', id: '1', data: 'z' },
  ])
})

test('leaves out what the end of the stream cuts off, and events without data', async () => {
  expect(await eventsOf('retry: 2000\n\nevent: a\n\ndata: x')).toEqual([])
})
