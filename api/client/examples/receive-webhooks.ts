import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { verifyWebhook, WebhookVerificationError } from '@encounter-gateway/client/index.ts'

const { WEBHOOK_SECRET = '', PORT = '4020' } = process.env
const seen = new Set<string>() // in production: a unique index in your database

/** Returns the status code of the answer. */
async function receive(request: IncomingMessage): Promise<number> {
  try {
    // the raw bytes: parsing and serializing may change them
    const event = verifyWebhook(await buffer(request), request.headers, WEBHOOK_SECRET)
    if (!seen.has(event.id)) console.log(event.type, event.id)
    seen.add(event.id)
    return 204
  } catch (error) {
    return error instanceof WebhookVerificationError ? 401 : 500
  }
}

createServer((request, response) => {
  void receive(request).then((status) => response.writeHead(status).end())
}).listen(Number(PORT), '127.0.0.1')
