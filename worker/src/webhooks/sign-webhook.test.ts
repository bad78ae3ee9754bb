import { newSecret, publicKeyOf } from '@encounter-gateway/shared/webhooks/signing-secrets.ts'
import { createHmac, createPublicKey, verify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { signedHeaders } from './sign-webhook.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

test("returns the signature of the specification's own example", () => {
  const at = new Date(1_614_265_330_000)
  expect(signedHeaders([{ secret }], 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', at)).toStrictEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test("is accepted by the receivers' library, and only with body and id unchanged", () => {
  const body = '{"type":"encounter.created"}'
  const headers = signedHeaders([{ secret }], 'msg_a_1', body, new Date())
  const receiver = new Webhook(secret)
  expect(receiver.verify(body, headers)).toStrictEqual({ type: 'encounter.created' })
  expect(() => receiver.verify(`${body} `, headers)).toThrow('No matching signature')
  expect(() => receiver.verify(body, { ...headers, 'webhook-id': 'msg_a_2' })).toThrow('No matching signature')
})

test("agrees with node:crypto's HMAC for a body beyond ASCII", () => {
  const body = '{"data":"Grüße 🏥"}'
  const headers = signedHeaders([{ secret }], 'msg_b_1', body, new Date(1_700_000_000_999))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key).update(`msg_b_1.1700000000.${body}`).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${expected}`)
})

test('during a rotation each secret signs, of both kinds, and an ended one does not', () => {
  const at = new Date()
  const body = '{"type":"encounter.created"}'
  const [v1, asymmetric, ended] = [newSecret('v1'), newSecret('v1a'), newSecret('v1')]
  const secrets = [
    { secret: asymmetric },
    { secret: v1, until: at.getTime() + 1_000 },
    { secret: ended, until: at.getTime() },
  ]
  const headers = signedHeaders(secrets, 'msg_a_1', body, at)
  expect(new Webhook(v1).verify(body, headers)).toStrictEqual({ type: 'encounter.created' })
  expect(() => new Webhook(ended).verify(body, headers)).toThrow('No matching signature')
  const signatures = headers['webhook-signature'].split(' ')
  expect(signatures.map((each) => each.split(',')[0])).toEqual(['v1a', 'v1'])
  const x = Buffer.from(publicKeyOf(asymmetric).slice('whpk_'.length), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const signed = Buffer.from(`msg_a_1.${headers['webhook-timestamp']}.${body}`)
  const signature = Buffer.from(signatures[0]?.slice('v1a,'.length) ?? '', 'base64')
  expect(verify(null, signed, key, signature)).toBe(true)
  expect(verify(null, Buffer.concat([signed, Buffer.from(' ')]), key, signature)).toBe(false)
})
