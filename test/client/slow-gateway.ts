import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { batchOf } from './scripted-gateway.ts'

/**
 * A gateway that takes an upload at once and works on it for long: each look at the batch finds as many items as `found` says for it,
 * and once there are `items` the upload is answered.
 */
export async function openSlowGateway(items: number, found: (look: number) => number) {
  const answered = Promise.withResolvers<void>()
  let looks = 0
  let uploads = 0
  const server = createServer((request, response) => {
    const send = (status: number, content: object) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(content))
    if (request.method === 'GET') {
      const Items = found(++looks)
      send(200, batchOf(Items))
      if (Items >= items) answered.resolve()
      return
    }
    uploads++
    void buffer(request).then(
      () =>
        answered.promise.then(() =>
          send(202, batchOf(items, { Status: 'Running', ReceivedAt: '2026-01-01T00:00:00Z' })),
        ),
      () => undefined,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered: answered.promise,
    looks: () => looks,
    uploads: () => uploads,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
