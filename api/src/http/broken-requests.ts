import { problem, type ProblemSlug } from '@encounter-gateway/shared/contract/problem.ts'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { newRequestId } from './request-id.ts'

type Answer = { status: number; slug: ProblemSlug; detail: string }

const answers: Record<string, Answer> = {
  HPE_HEADER_OVERFLOW: { status: 431, slug: 'invalid-header', detail: 'The headers are larger than 16 KiB in total.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, slug: 'invalid-request', detail: 'The request did not arrive in time.' },
}
const notHttp: Answer = { status: 400, slug: 'invalid-request', detail: 'This is not a valid HTTP/1.1 request.' }

/** Answers connections that never sent a complete request: invalid HTTP, oversized headers, an incomplete body. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, slug, detail } = answers[error.code ?? ''] ?? notHttp
  const body = JSON.stringify({ ...problem(slug, detail), status })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${newRequestId()}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
