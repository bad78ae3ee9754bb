import type { Encounter } from '@medplum/fhirtypes'
import { describe, expect, test } from 'vitest'
import { callWith, errorOf, openPort, orderOf } from '../fixtures/emr-port.ts'
import { openGateway } from '../fixtures/gateway.ts'
import { openCerner } from './cerner.ts'
import { millennium, openCernerPair } from './use-cerner.ts'

const encounterIn = (content: unknown) => (content as { encounter: Encounter }).encounter

describe('finding by patient and date', () => {
  const site = { refusesIdentifiers: true }

  test("finds what was created, and distinguishes it from others' encounters", async () => {
    await using at = await openCernerPair(site)
    expect(await at.emr.find?.(orderOf(millennium()), callWith())).toBeUndefined()
    const made = await at.emr.create(orderOf(millennium()), callWith())
    expect(await at.emr.find?.(orderOf(millennium()), callWith())).toMatchObject({
      EncounterId: made.EncounterId,
      NotCarried: made.NotCarried,
    })
    // The same patient's, at the same time: created for another order by this very process.
    expect(await at.emr.find?.(orderOf(millennium(), { correlationKey: 'another' }), callWith())).toBeUndefined()
    const url = at.cerner.calls.findLast(({ url }) => url.searchParams.has('patient'))?.url
    expect(url?.searchParams.getAll('date')).toEqual(['ge2025-03-01T07:14:30.123Z', 'le2025-03-01T07:16:30.123Z'])
    expect(url?.searchParams.get('_lastUpdated')).toMatch(/^ge20/)
  })

  test('sends nothing to an encounter that merely looks like ours', async () => {
    await using at = await openCernerPair({ ...site, coverages: 422 })
    await at.emr.create(orderOf(millennium()), callWith())
    at.cerner.site.coverages = 'taken'
    const found = await at.emr.find?.(orderOf(millennium()), callWith())
    expect(at.cerner.coverages()).toEqual([])
    expect(found?.NotCarried).toContain('/Encounter/Insurances/0/CompanyId')
  })

  test('each of ten orders that look alike has an encounter of its own, although one answer was lost', async () => {
    await using emr = await openCerner(site)
    const about = { emrSystem: 'Cerner', connector: 'cerner', settings: { concurrency: 10, timeoutMs: 5_000 } }
    await using gateway = await openGateway({ ...about, emr })
    emr.misbehave({ how: 'drop after commit', times: 1 })
    const jobs = (await Promise.all(Array.from({ length: 10 }, () => gateway.submit()))).map(({ job }) => job)
    const ended = await Promise.all(jobs.map((job) => gateway.ended(job)))
    expect(ended.map(({ status }) => status)).toEqual(jobs.map(() => 'Succeeded'))
    const given = new Set(ended.map(({ result }) => result.EncounterId))
    expect(given).toEqual(new Set(emr.encounters().map(({ encounterId }) => encounterId)))
    expect(given.size).toBe(10)
  })

  test('still finds it after a restart', async () => {
    await using at = await openCernerPair(site)
    const made = await at.emr.create(orderOf(millennium()), callWith())
    await using next = openPort({ connector: 'cerner', ...at.cerner.options })
    expect(await next.find?.(orderOf(millennium()), callWith())).toMatchObject({ EncounterId: made.EncounterId })
  })

  test.each<[string, Partial<Encounter>]>([
    ['another type', { type: [{ coding: [{ code: '309310' }] }] }],
    ['another place', { location: [{ location: { reference: 'Location/1' } }] }],
    ['another clinician', { participant: [{ individual: { reference: 'Practitioner/1' } }] }],
    ['another hour', { period: { start: '2025-03-01T09:15:30+01:00' } }],
    ['another patient', { subject: { reference: 'Patient/12724066' } }],
  ])('does not take an encounter of %s for ours', async (_name, part) => {
    await using at = await openCernerPair(site)
    const made = await at.emr.create(orderOf(millennium()), callWith())
    const [kept] = at.cerner.encounters()
    Object.assign(encounterIn(kept?.content), part)
    await using next = openPort({ connector: 'cerner', ...at.cerner.options })
    expect(await next.find?.(orderOf(millennium()), callWith())).toBeUndefined()
    expect(made.EncounterId).toBe(kept?.encounterId)
  })

  test.each<[string, Partial<Encounter>]>([
    ['cancelled', { status: 'cancelled' }],
    ['with another reason', { reasonCode: [{ text: 'Something else' }] }],
    ['of a contained place', { location: [{ location: { reference: '#0' } }] }],
    ['changed since', { meta: { versionId: '3', lastUpdated: new Date().toISOString() } }],
  ])('leaves the outcome unknown if one alike is %s', async (_name, part) => {
    await using at = await openCernerPair(site)
    await at.emr.create(orderOf(millennium()), callWith())
    Object.assign(encounterIn(at.cerner.encounters()[0]?.content), part)
    await using next = openPort({ connector: 'cerner', ...at.cerner.options })
    expect(await errorOf(next.find?.(orderOf(millennium()), callWith()))).toMatchObject({ name: 'Undecided' })
  })

  test('does not take for ours an encounter created 40 hours before the first attempt', async () => {
    await using at = await openCernerPair(site)
    await at.emr.create(orderOf(millennium()), callWith())
    const theirs = encounterIn(at.cerner.encounters()[0]?.content)
    theirs.meta = { versionId: '0', lastUpdated: new Date(Date.now() - 40 * 3_600_000).toISOString() }
    await using next = openPort({ connector: 'cerner', ...at.cerner.options })
    expect(await next.find?.(orderOf(millennium()), callWith())).toBeUndefined()
  })

  test('leaves the outcome unknown if two look alike, or if the time is not shown', async () => {
    await using at = await openCernerPair(site)
    await at.emr.create(orderOf(millennium()), callWith())
    at.cerner.enter(encounterIn(at.cerner.encounters()[0]?.content))
    await using next = openPort({ connector: 'cerner', ...at.cerner.options })
    expect(await errorOf(next.find?.(orderOf(millennium()), callWith()))).toMatchObject({
      code: 502,
      retry: false,
      outcomeUnknown: false,
    })
    const undated = millennium()
    delete undated.Encounter.EncounterDateTime
    expect(await errorOf(next.find?.(orderOf(undated), callWith()))).toMatchObject({ code: 502, retry: false })
  })
})

test('an encounter with our key that was cancelled since is no success, and no reason to create another', async () => {
  await using at = await openCernerPair()
  await at.emr.create(orderOf(millennium()), callWith())
  encounterIn(at.cerner.encounters()[0]?.content).status = 'cancelled'
  expect(await errorOf(at.emr.find?.(orderOf(millennium()), callWith()))).toMatchObject({
    name: 'Undecided',
    retry: false,
  })
})
