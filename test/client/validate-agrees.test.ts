import type { Batch } from '@encounter-gateway/client/index.ts'
import { expect, test } from 'vitest'
import { checkItem } from '../../api/client/cli/check-item.ts'
import { openIngress } from '../fixtures/ingress.ts'
import { encounterAt } from '../generator/encounters.ts'
import { randomFrom } from '../generator/random.ts'
import { spoiltLine } from '../generator/spoil.ts'

const good = '{"UserId":"u","PatientId":"p","Encounter":{}}'
const strange = [
  good,
  '{"UserId":"u","UserId":"v","PatientId":"p","Encounter":{}}',
  '{"UserId":"u","PatientId":"p\\u0000","Encounter":{}}',
  '{"UserId":"u","PatientId":"\\ud800","Encounter":{}}',
  '{"UserId":"u","PatientId":"p","Encounter":{},"__proto__":{"x":1}}',
  '{"UserId":"u","PatientId":"p","Encounter":{"constructor":{"prototype":{}}}}',
  '{"UserId":"","PatientId":null,"Encounter":{"Location":{"Bed":"1"}}}',
  '{"UserId":"u","PatientId":"p","Encounter":{},"LoginId":"a\\nb"}',
  '{"UserId":"u","PatientId":"p","Encounter":{},"RequestVerboseLogging":"true"}',
  '{"UserId":"u","PatientId":"p","Encounter":{},"EMRSystem":3}',
  '[]',
  'null',
  '17',
  '{',
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  good.replace('"p"', JSON.stringify('x'.repeat(1024 * 1024))),
]

test('validate finds wrong what the gateway rejects, and nothing else', async () => {
  const random = randomFrom(4)
  const generated = Array.from({ length: 200 }, (_, index) =>
    random.chance(0.3) ? spoiltLine(encounterAt(5, index), random) : JSON.stringify(encounterAt(5, index)),
  )
  const lines = [...strange, ...generated].map((line) => Buffer.from(line))
  lines.push(Buffer.from([0x7b, 0xff, 0x7d]))
  await using ingress = await openIngress()
  const reply = await ingress.app.inject({
    method: 'POST',
    url: '/api/v1/Sandbox/PatientEncounters/Batch',
    headers: { ...ingress.headers, 'content-type': 'application/x-ndjson' },
    payload: Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])),
  })
  expect(reply.statusCode).toBe(202)
  const { Rejected, Rejections = [] } = reply.json<Batch>()
  expect(Rejections).toHaveLength(Rejected)

  const LIMIT = 1024 * 1024
  const found = lines.map((line) => checkItem(line.length > LIMIT ? undefined : line))
  const wrong = found.flatMap((mistakes, index) => (mistakes.length > 0 ? [index + 1] : []))
  expect(wrong).toEqual(Rejections.map(({ Line }) => Line))
  // what the gateway says of a property of a valid JSON object it says in the same words
  const told = Rejections.filter(({ Problem }) => Problem.Errors)
  expect(told.map(({ Line = 0 }) => found[Line - 1])).toEqual(told.map(({ Problem }) => Problem.Errors))
})
