import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { signedHeaders } from './sign-webhook.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

test("returns the signature of the specification's own example", () => {
  const at = new Date(1_614_265_330_000)
  expect(signedHeaders(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', at)).toStrictEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test("is accepted by the receivers' library, and only with body and id unchanged", () => {
  const body = '{"type":"encounter.created"}'
  const headers = signedHeaders(secret, 'msg_a_1', body, new Date())
  const receiver = new Webhook(secret)
  expect(receiver.verify(body, headers)).toStrictEqual({ type: 'encounter.created' })
  expect(() => receiver.verify(`${body} `, headers)).toThrow('No matching signature')
  expect(() => receiver.verify(body, { ...headers, 'webhook-id': 'msg_a_2' })).toThrow('No matching signature')
})

test("agrees with node:crypto's HMAC for a body beyond ASCII", () => {
  const body = '{"data":"Grüße 🏥"}'
  const headers = signedHeaders(secret, 'msg_b_1', body, new Date(1_700_000_000_999))
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key).update(`msg_b_1.1700000000.${body}`).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${expected}`)
})
