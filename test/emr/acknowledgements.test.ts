import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { EmrError } from '@encounter-gateway/worker/emr/emr-error.ts'
import { callFor, openPort } from '../fixtures/port.ts'
import { knownAnswers, type KnownAnswer } from './acknowledgements.ts'
import { visit } from './hl7v2-visit.ts'

const KEY = 'k2345678901234567890'
const verdicts = {
  created: { EncounterId: KEY },
  busy: { code: 502, retry: true, outcomeUnknown: false },
  rejected: { code: 502, retry: false, outcomeUnknown: false },
  unknown: { code: 502, retry: true, outcomeUnknown: true },
}

/** The result of one message, answered by these bytes. */
async function resultOf({ bytes }: KnownAnswer): Promise<unknown> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      if (chunk.includes(0x1c)) socket.write(Buffer.from(bytes.replaceAll('KEY', KEY), 'latin1'))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const emr = openPort('Meditech', 'hl7v2', { host: '127.0.0.1', port, tls: false, onUnknownOutcome: 'resend' })
  const order = { correlationKey: KEY, encounter: visit({ Location: { BedId: '1' } }), credentials: {}, mayExist: true }
  try {
    return await emr.create(order, callFor(AbortSignal.timeout(5_000))).catch((error: unknown) => error)
  } finally {
    await emr.close()
    server.close()
  }
}

test.each(knownAnswers)('$from', async (answer) => {
  const { verdict } = answer
  const refused = { code: 400, retry: false, outcomeUnknown: false, pointers: verdict }
  const result = await resultOf(answer)
  expect(result).toMatchObject(typeof verdict === 'string' ? verdicts[verdict] : refused)
  expect((result as Partial<EmrError>).message ?? '').not.toContain('Jane')
})
