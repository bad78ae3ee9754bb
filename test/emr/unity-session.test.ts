import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { expect, test } from 'vitest'
import { callFor, errorOf, orderOf } from '../fixtures/port.ts'
import { loadSample } from '../fixtures/sample.ts'
import { useEmr } from '../fixtures/use-emr.ts'
import { openUnity } from './unity.ts'

const allscripts = useEmr({ emrSystem: 'Allscripts', connector: 'unity', open: openUnity })
const sample = takeEncounter(loadSample())
const save = 'MagicJson SaveSimpleEncounter'

test('logs the user in once, before anything else, and uses the session for every order', async () => {
  const unity = allscripts.port()
  await unity.create(orderOf(allscripts.emr, sample), callFor())
  await unity.create(orderOf(allscripts.emr, sample), callFor())
  expect(allscripts.emr.calls).toEqual(['GetToken', 'MagicJson GetUserAuthentication', save, save])
})

test('users do not share a session', async () => {
  const unity = allscripts.port()
  await unity.create(orderOf(allscripts.emr, sample), callFor())
  const other = orderOf(allscripts.emr, sample, { credentials: { loginId: 'someone', password: 'password01' } })
  expect(await errorOf(unity.create(other, callFor()))).toMatchObject({ code: 401, outcomeUnknown: false })
  expect(allscripts.emr.kept).toHaveLength(1)
})

test('a refused login is not tried again at once, but one with another password is', async () => {
  const unity = allscripts.port()
  const wrong = orderOf(allscripts.emr, sample, { credentials: { loginId: 'jmedici', password: 'wrong' } })
  for (const _again of [1, 2, 3]) expect(await errorOf(unity.create(wrong, callFor()))).toMatchObject({ code: 401 })
  expect(allscripts.emr.calls).toEqual(['GetToken', 'MagicJson GetUserAuthentication'])
  await unity.create(orderOf(allscripts.emr, sample), callFor())
  expect(allscripts.emr.kept).toHaveLength(1)
})

test('refused service credentials are a 401, whatever the user', async () => {
  const unity = allscripts.port({ servicePassword: 'wrong' })
  const error = await errorOf(unity.create(orderOf(allscripts.emr, sample), callFor()))
  expect(error).toMatchObject({ code: 401, message: "the EMR did not accept the gateway's service credentials" })
})

test('requires LoginId and Password, since Unity accepts no foreign tokens', async () => {
  const order = orderOf(allscripts.emr, sample, { credentials: { authorizationToken: 't' } })
  expect(await errorOf(allscripts.port().create(order, callFor()))).toMatchObject({ code: 401 })
  expect(allscripts.emr.calls).toEqual([])
})

test('opens another session when Unity has ended the first, once for all waiting calls', async () => {
  const unity = allscripts.port()
  await unity.create(orderOf(allscripts.emr, sample), callFor())
  allscripts.emr.fallAsleep()
  allscripts.emr.calls.length = 0
  const create = (PatientId: string) => unity.create(orderOf(allscripts.emr, { ...sample, PatientId }), callFor())
  await Promise.all(['a', 'b', 'c'].map(create))
  expect(allscripts.emr.kept).toHaveLength(4)
  expect(allscripts.emr.calls.filter((line) => line === 'GetToken')).toHaveLength(1)
})

test('fails when the new session is ended too', async () => {
  allscripts.emr.misbehave({ how: { answer: 401 } })
  const error = await errorOf(allscripts.port().create(orderOf(allscripts.emr, sample), callFor()))
  expect(error).toMatchObject({ code: 401, retry: false, outcomeUnknown: false })
  expect(allscripts.emr.calls.filter((line) => line === 'GetToken')).toHaveLength(2)
})

test('retires its tokens when it closes', async () => {
  const unity = allscripts.port()
  await unity.create(orderOf(allscripts.emr, sample), callFor())
  expect(allscripts.emr.tokens.size).toBe(1)
  await unity.close()
  expect(allscripts.emr.tokens.size).toBe(0)
})
