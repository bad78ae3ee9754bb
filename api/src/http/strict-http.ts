import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import { Refusal } from './refusal.ts'
import { newRequestId } from './request-id.ts'

/** No browser guesses the type of a reply. */
export const SAFE_TYPES = { 'X-Content-Type-Options': 'nosniff' }
/** Two years, as the preload list of browsers asks; over TLS only (RFC 6797, 7.2). */
const STRICT_TRANSPORT = { 'Strict-Transport-Security': 'max-age=63072000; includeSubDomains' }

/**
 * Refuses what proxies and servers read in different ways, with a problem document: no or more than one Host (RFC 9112,
 * 3.2) and expectations other than 100-continue. Sets the security headers of every reply.
 */
export const strictHttp = fp(
  async function strictHttp(app: FastifyInstance) {
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(SAFE_TYPES)
      if (request.protocol === 'https') reply.headers(STRICT_TRANSPORT)
      done(
        hasOneHost(request.raw) ? undefined : new Refusal('invalid-header', 'A request has exactly one Host header.'),
      )
    })
    app.server.on('checkExpectation', refuseExpectation)
  },
  { name: 'strict-http' },
)

function hasOneHost({ rawHeaders, httpVersionMinor }: IncomingMessage): boolean {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0)
}

function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const document = problem('invalid-header', 'The only supported value of Expect is `100-continue`.')
  const body = JSON.stringify({ ...document, status: 417 })
  const headers = {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': newRequestId(),
    ...SAFE_TYPES,
    Connection: 'close',
  }
  response.writeHead(417, headers).end(body)
}
