import { beforeAll, describe, expect, test } from 'vitest'
import { canMakeCertificates, makeIdentity, type Identity } from '../fixtures/certificates.ts'
import { callFor, errorOf, orderOf } from '../fixtures/port.ts'
import { visit } from './hl7v2-visit.ts'
import { useHl7v2 } from './use-hl7v2.ts'

const { receiver, port } = useHl7v2()
const unreachable = { code: 502, retry: true, outcomeUnknown: false }

describe.skipIf(!canMakeCertificates)('MLLP over TLS (skipped if there is no openssl command)', () => {
  let emr: Identity
  let gateway: Identity
  beforeAll(() => {
    emr = makeIdentity('emr.example')
    gateway = makeIdentity('gateway.example')
  })
  const trusted = () => ({ ca: emr.cert, servername: 'emr.example' })

  test('sends many messages over one connection to a receiver that it trusts', async () => {
    const there = await receiver({ tls: emr })
    const connector = port({ ...there.options, tls: trusted() })
    for (let each = 0; each < 3; each++) await connector.create(orderOf(there, visit()), callFor())
    expect(there.encounters()).toHaveLength(3)
    expect(there.connections()).toBe(1)
    await connector.check(callFor())
  })

  test('sends nothing to a receiver whose authority it does not know, or whose name is another', async () => {
    const there = await receiver({ tls: emr })
    const strangers = [
      {},
      { ca: gateway.cert, servername: 'emr.example' },
      { ca: emr.cert, servername: 'other.example' },
    ]
    for (const tls of strangers) {
      const connector = port({ ...there.options, tls })
      const error = await errorOf(connector.create(orderOf(there, visit()), callFor()))
      expect(error).toMatchObject({ ...unreachable, message: 'the EMR could not be reached: the TLS handshake failed' })
      expect(await errorOf(connector.check(callFor()))).toMatchObject(unreachable)
    }
    expect(there.received).toEqual([])
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'shows its own certificate if %s requests one, and without it nothing is accepted',
    async (version) => {
      const mutual = { requestCert: true, rejectUnauthorized: true, ca: gateway.cert }
      const there = await receiver({ tls: { ...emr, ...mutual, minVersion: version, maxVersion: version } })
      const known = port({ ...there.options, tls: { ...trusted(), ...gateway } })
      await known.create(orderOf(there, visit()), callFor())
      const stranger = port({ ...there.options, tls: trusted() })
      expect(await errorOf(stranger.create(orderOf(there, visit()), callFor()))).toMatchObject(unreachable)
      expect(there.received).toHaveLength(1)
    },
  )

  test('sends nothing to a receiver in clear, or to one that never ends the handshake', async () => {
    const there = await receiver()
    const error = await errorOf(
      port({ ...there.options, tls: trusted() }).create(orderOf(there, visit()), callFor(AbortSignal.timeout(200))),
    )
    expect(error).toMatchObject(unreachable)
  })

  test('an invalid key stops the worker at the start', async () => {
    const there = await receiver()
    expect(() => port({ ...there.options, tls: { key: 'no key', cert: emr.cert } })).toThrow(/PEM|unsupported|DECODER/i)
  })
})
