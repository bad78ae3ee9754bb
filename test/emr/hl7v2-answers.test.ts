import { expect, test } from 'vitest'
import { openGateway } from '../fixtures/gateway.ts'
import { callFor, errorOf, orderOf } from '../fixtures/port.ts'
import { parseMessage } from './hl7v2-parser.ts'
import { visit } from './hl7v2-visit.ts'
import { useHl7v2 } from './use-hl7v2.ts'

const { receiver, port } = useHl7v2()
const keyOf = (order: { correlationKey: string }) => order.correlationKey

test('an admission is one A01 whose MSH-10 and PV1-50 are the JobId, and the EncounterId is PV1-19', async () => {
  const emr = await receiver()
  const order = orderOf(emr, visit({ EncounterAlias: 'V100', FinancialNumber: 'F200' }))
  const created = await port(emr.options).create(order, callFor())
  expect(created).toEqual({
    EncounterId: 'V100',
    AlternativeIdentifiers: [
      { Code: 'FIN', Description: 'Financial number', Value: 'F200' },
      { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: keyOf(order) },
    ],
    NotCarried: [],
  })
  const [message] = emr.messages
  expect(message?.value('MSH-9.2')).toBe('A01')
  expect([message?.value('MSH-10'), message?.value('PV1-50')]).toEqual([keyOf(order), keyOf(order)])
  expect([message?.value('PV1-19'), message?.value('PID-18')]).toEqual(['V100', 'F200'])
})

test('without an alias the JobId is the visit number, and no credential is anywhere in the message', async () => {
  const emr = await receiver()
  const order = orderOf(emr, visit())
  const created = await port(emr.options).create(order, callFor())
  expect(created).toMatchObject({ EncounterId: keyOf(order), AlternativeIdentifiers: [] })
  expect(emr.received[0]?.toString()).not.toMatch(/secret|user/)
})

test('every resend has the same MSH-10', async () => {
  const emr = await receiver()
  const order = orderOf(emr, visit())
  const connector = port(emr.options)
  await connector.create(order, callFor())
  await connector.create(order, callFor())
  expect(emr.received).toHaveLength(2)
  expect(emr.encounters()).toHaveLength(1)
})

test('values that do not fit are refused before anything is sent, each by name', async () => {
  const emr = await receiver()
  const misfits = { MedicalServiceId: 'CARDIOLOGY', AdmitPriorityId: 'URGENT', EstimatedLengthOfStay: 'a week' }
  const error = await errorOf(port(emr.options).create(orderOf(emr, visit(misfits)), callFor()))
  expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false })
  expect(error.pointers).toEqual(Object.keys(misfits).map((name) => `/Encounter/${name}`))
  expect(emr.connections()).toBe(0)
})

test('what the EMR refuses is named by our pointers, and nothing of its text is passed on', async () => {
  const emr = await receiver()
  const say = (location: string, code: number) =>
    emr.answerWith((m) => `MSA|AE|${m.value('MSH-10')}|Jane Doe\rERR||${location}|${code}^Jane Doe|E||||Jane Doe\r`)
  const insurances = [
    { CompanyId: 'C1', HealthPlanId: 'H1' },
    { CompanyId: 'C2', HealthPlanId: 'H2', Address: { City: 'Utica' } },
  ]
  const order = orderOf(emr, visit({ Insurances: insurances }))
  const connector = port(emr.options)
  const refusedAt = async (location: string, code = 103) => {
    say(location, code)
    const error = await errorOf(connector.create(order, callFor()))
    expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false })
    expect(JSON.stringify(error) + error.stack).not.toContain('Jane')
    return error.pointers
  }
  expect(await refusedAt('PV1^1^2')).toEqual(['/Encounter/PatientClassId'])
  expect(await refusedAt('PV1^1^3^1^3')).toEqual(['/Encounter/Location/BedId'])
  expect(await refusedAt('PV1^1^3')).toHaveLength(4)
  expect(await refusedAt('IN1^2^3', 204)).toEqual(['/Encounter/Insurances/1/CompanyId'])
  expect(await refusedAt('IN1^2^5^1^3')).toEqual(['/Encounter/Insurances/1/Address/City'])
  expect(await refusedAt('PID^1^5', 101)).toEqual([])
  expect(await refusedAt('PV1^1^2~PV1^1^44')).toEqual(['/Encounter/PatientClassId', '/Encounter/EncounterDateTime'])
  expect(emr.connections()).toBe(1)
})

test("a rejected message is the operator's concern, and a site may have it sent again", async () => {
  const emr = await receiver({ agreed: { processingId: 'T' } })
  const order = orderOf(emr, visit())
  const rejected = { code: 502, outcomeUnknown: false, pointers: [] }
  expect(await errorOf(port(emr.options).create(order, callFor()))).toMatchObject({ ...rejected, retry: false })
  const again = port({ ...emr.options, retryRejected: true })
  expect(await errorOf(again.create(order, callFor()))).toMatchObject({ ...rejected, retry: true })
  await port({ ...emr.options, processingId: 'T' }).create(order, callFor())
})

test('a duplicate under our own key is our encounter', async () => {
  const emr = await receiver({ duplicates: 'refuse' })
  const order = orderOf(emr, visit({ EncounterAlias: 'V100' }))
  const connector = port(emr.options)
  await connector.create(order, callFor())
  expect(await connector.create(order, callFor())).toMatchObject({ EncounterId: 'V100' })
  expect(emr.encounters()).toHaveLength(1)
})

test.each(['AE', 'AR'])(
  'a duplicate alias (%s) is another encounter, or maybe ours once an attempt may have arrived',
  async (ack) => {
    const emr = await receiver()
    emr.answerWith((message) => `MSA|${ack}|${message.value('MSH-10')}\rERR||PV1^1^19|205|E\r`)
    const unknown = { code: 502, retry: false, outcomeUnknown: true }
    const connector = port(emr.options)
    const aliased = orderOf(emr, visit({ EncounterAlias: 'V100' }))
    expect(await errorOf(connector.create({ ...aliased, mayExist: true }, callFor()))).toMatchObject(unknown)
    const refused = { code: 400, outcomeUnknown: false, pointers: ['/Encounter/EncounterAlias'] }
    expect(await errorOf(connector.create({ ...aliased, mayExist: false }, callFor()))).toMatchObject(refused)
    const own = orderOf(emr, visit())
    expect(await connector.create(own, callFor())).toMatchObject({ EncounterId: keyOf(own) })
  },
)

test('an answer to another message is not ours', async () => {
  const emr = await receiver()
  emr.answerWith(() => 'MSA|AA|another\r')
  const error = await errorOf(port(emr.options).create(orderOf(emr, visit()), callFor(AbortSignal.timeout(200))))
  expect(error).toMatchObject({ code: 408, outcomeUnknown: true })
})

test.each(['MSA|XX|', 'MSA||', 'NTE|'])('an answer without a verdict (%s) leaves the outcome unknown', async (said) => {
  const emr = await receiver()
  emr.answerWith((message) => `${said}${message.value('MSH-10')}\r`)
  const error = await errorOf(port(emr.options).create(orderOf(emr, visit()), callFor()))
  expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: true })
})

test('in enhanced mode it waits beyond CA, and answers an answer that requests it', async () => {
  const emr = await receiver({ wantsAnswers: true })
  const connector = port({ ...emr.options, acknowledgement: 'enhanced' })
  await connector.create(orderOf(emr, visit()), callFor())
  await expect.poll(() => emr.received.map((bytes) => parseMessage(bytes).value('MSA-1'))).toEqual(['', 'CA'])
  const [sent, answer] = emr.received.map((bytes) => parseMessage(bytes))
  expect([sent?.value('MSH-15'), sent?.value('MSH-16')]).toEqual(['AL', 'AL'])
  expect([answer?.value('MSH-9.1'), answer?.value('MSA-2')]).toEqual(['ACK', 'A2'])
  await connector.create(orderOf(emr, visit()), callFor())
  expect(emr.connections()).toBe(1)
})

test('a discharge in the past follows as A03, and the same A03 each time', async () => {
  const emr = await receiver()
  const connector = port({ ...emr.options, discharge: 'A03' })
  const order = orderOf(emr, visit({ DischargeDateTime: '2026-03-04T10:00:00-05:00' }))
  expect(await connector.create(order, callFor())).toMatchObject({ NotCarried: [] })
  await connector.create(order, callFor())
  const sent = emr.received.map((bytes) => parseMessage(bytes))
  expect(sent.map((message) => message.value('MSH-9.2'))).toEqual(['A01', 'A03', 'A01', 'A03'])
  expect(new Set(sent.map((message) => message.value('MSH-10'))).size).toBe(2)
  expect(sent[0]?.value('PV1-45')).toBe('')
  expect(sent[1]?.value('PV1-45')).toBe('20260304100000-0500')
  expect(sent[1]?.value('PV1-19')).toBe(keyOf(order))
  expect(emr.encounters()).toHaveLength(1)
})

test('a discharge that fails is not carried, and the encounter stays created', async () => {
  const emr = await receiver()
  emr.answerWith((m) => (m.value('MSH-9.2') === 'A03' ? `MSA|AE|${m.value('MSH-10')}\r` : undefined))
  const order = orderOf(emr, visit({ DischargeDateTime: '2026-03-04T10:00:00-05:00' }))
  const created = await port({ ...emr.options, discharge: 'A03' }).create(order, callFor())
  expect(created.NotCarried).toEqual(['/Encounter/DischargeDateTime'])
})

test('a receiver that does not notice duplicates creates two encounters with "resend", and one with "stop"', async () => {
  const emr = await receiver({ duplicates: 'not noticed' })
  const endsAs = async (onUnknownOutcome: string) => {
    const gateway = await openGateway({
      emrSystem: 'Meditech',
      connector: 'hl7v2',
      settings: { onUnknownOutcome },
      emr,
    })
    try {
      emr.misbehave({ how: 'drop after commit', times: 1 })
      const { job } = await gateway.submit(visit())
      const { status, statusCode } = await gateway.ended(job)
      return { status, statusCode, encounters: emr.encounters().filter((e) => e.correlationKey === job).length }
    } finally {
      await gateway[Symbol.asyncDispose]()
    }
  }
  expect(await endsAs('resend')).toEqual({ status: 'Succeeded', statusCode: 201, encounters: 2 })
  expect(await endsAs('stop')).toEqual({ status: 'OutcomeUnknown', statusCode: 408, encounters: 1 })
})

test('checks that the EMR accepts connections, and sends nothing', async () => {
  const emr = await receiver()
  await port(emr.options).check(callFor())
  expect(emr.received).toEqual([])
  await emr.down(true)
  expect(await errorOf(port(emr.options).check(callFor()))).toMatchObject({ code: 502, outcomeUnknown: false })
})
