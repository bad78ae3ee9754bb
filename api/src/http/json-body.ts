import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { isUtf8 } from 'node:buffer'
import secureJson from 'secure-json-parse'
import { Refusal } from './refusal.ts'
import { repeatedNames } from '@encounter-gateway/shared/contract/repeated-names.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of the JSON body as received, without a byte order mark; `undefined` without a body. */
    rawBody: Buffer | undefined
  }
}

/** Large enough for any encounter, and small enough that a thousand bodies fit in memory. */
export const BODY_LIMIT_BYTES = 1024 * 1024

/**
 * Bodies of more than 64 KiB are refused if they contain more values than this: half a million numbers fit in one MiB,
 * and listing the mistakes in each would block other requests for a second. The largest sample has a hundred values.
 */
const VALUES_AT_MOST = 20_000
const SURELY_FEW_BYTES = 64 * 1024

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i

/** Accepts only `application/json` in UTF-8, and keeps the bytes, which are sealed later. */
export const jsonBody = fp(
  async function jsonBody(app: FastifyInstance) {
    app.decorateRequest('rawBody')
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
      async (request: FastifyRequest, bytes: Buffer) => {
        // many clients send a Content-Type with every request
        if (bytes.length === 0 && !request.routeOptions.schema?.body) return undefined
        checkCharset(request)
        checkEncoding(request)
        const rawBody = bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes
        if (rawBody.subarray(0, 3).equals(byteOrderMark))
          throw new Refusal('invalid-json', 'The body has two byte order marks.')
        request.rawBody = rawBody
        return parseJson(rawBody)
      },
    )
    // `curl -d ''` names a form; a route without a body takes an empty one of any type
    app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) => {
      if (bytes.length === 0 && !request.routeOptions.schema?.body) return undefined
      throw new Refusal('unsupported-media-type', 'Send the body as `Content-Type: application/json`, in UTF-8.')
    })
  },
  { name: 'json-body' },
)

/** Refuses a charset other than UTF-8. */
export function checkCharset({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const said = charset.exec(headers['content-type'] ?? '')?.[1]
  if (said && !/^utf-?8$/i.test(said)) {
    throw new Refusal('unsupported-media-type', 'JSON must be in UTF-8; leave out the charset.')
  }
}

function checkEncoding({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity') {
    const plain = { 'Accept-Encoding': 'identity' }
    throw new Refusal('unsupported-media-type', 'Send the body without a Content-Encoding.', {}, plain)
  }
}

/** Parses JSON. A mistake is reported by its position; V8's own message would quote the text there. */
export function parseJson(bytes: Buffer, what = 'The body'): unknown {
  if (bytes.length === 0) throw new Refusal('invalid-json', `${what} is empty.`)
  if (!isUtf8(bytes)) throw new Refusal('invalid-json', `${what} is not valid UTF-8.`)
  const text = bytes.toString('utf8')
  let body: unknown
  try {
    body = secureJson.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (message === 'Object contains forbidden prototype property') {
      const detail = `${what} contains a property \`__proto__\`, or \`constructor\` with a \`prototype\`; neither is allowed.`
      throw new Refusal('invalid-request', detail)
    }
    const [, position] = /\bat position (\d+)/.exec(message) ?? []
    const place = position ? `error at character ${Number(position) + 1}` : 'unexpected end'
    throw new Refusal('invalid-json', `${what} is not valid JSON: ${place}.`)
  }
  if (hasMoreValuesThan(VALUES_AT_MOST, bytes, body)) {
    throw new Refusal('payload-too-large', `${what} may contain at most ${VALUES_AT_MOST} values.`)
  }
  const Errors = repeatedNames(text, body)
  if (Errors.length > 0) throw new Refusal('invalid-request', `${what} contains a property more than once.`, { Errors })
  return body
}

function hasMoreValuesThan(limit: number, bytes: Buffer, body: unknown): boolean {
  if (bytes.length <= SURELY_FEW_BYTES) return false
  const open = [body]
  let seen = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    for (const value of Array.isArray(next) ? (next as unknown[]) : Object.values(next)) {
      if (++seen > limit) return true
      if (typeof value === 'object') open.push(value)
    }
  }
  return false
}
