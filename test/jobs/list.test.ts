import type { JobList } from '@encounter-gateway/shared/contract/job.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { created, failed, minimalRequest, openIngress, unknown, type Ingress } from '../fixtures/ingress.ts'

let gateway: Ingress
/** `other`'s jobs, oldest first; every third is Cerner's, every fourth has succeeded. */
const accepted: string[] = []

beforeAll(async () => {
  gateway = await openIngress()
  await gateway.accept()
  for (let index = 0; index < 24; index++) {
    const reply = await gateway.post(minimalRequest, gateway.asOther, index % 3 === 0 ? 'Cerner' : 'Sandbox')
    const { JobId } = reply.json<{ JobId: string }>()
    accepted.push(JobId)
    if (index % 4 === 0 && index % 3 !== 0) await gateway.finish(JobId, created, gateway.names.other)
  }
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

async function list(query: string): Promise<{ ids: string[] } & JobList> {
  const reply = await gateway.get(`/api/v1/Jobs?${query}`, gateway.asOther)
  const page = reply.json<JobList>()
  return { ids: page.Jobs.map(({ JobId }) => JobId), ...page }
}

async function listAll(query: string): Promise<string[][]> {
  const pages: string[][] = []
  for (let cursor = ''; ;) {
    const { ids, Cursor } = await list(`${query}${cursor}`)
    pages.push(ids)
    if (!Cursor) return pages
    cursor = `&Cursor=${Cursor}`
  }
}

test('lists the application’s own jobs of all connections, each once, on pages that fit', async () => {
  const pages = await listAll('Limit=7')
  expect(pages.map(({ length }) => length)).toEqual([7, 7, 7, 3])
  expect(pages.flat().toSorted()).toEqual(accepted.toSorted())
})

test('lists the newest first', async () => {
  const { Jobs } = await list('')
  const times = Jobs.map(({ CreatedAt }) => CreatedAt)
  expect(times).toEqual(times.toSorted().toReversed())
})

test('jobs of the same millisecond are each listed once, however small the page', async () => {
  await using other = await openIngress()
  const list = other.keys.jobs(other.names.demo)
  const ids = await Promise.all(Array.from({ length: 9 }, () => other.accept()))
  await other.redis.zadd(list, ...ids.flatMap((id) => [1_000_000, id]))
  const found: string[] = []
  for (let cursor = ''; ;) {
    const page = (await other.get(`/api/v1/Jobs?Limit=2${cursor}`)).json<JobList>()
    found.push(...page.Jobs.map(({ JobId }) => JobId))
    if (!page.Cursor) break
    cursor = `&Cursor=${page.Cursor}`
  }
  expect(found).toEqual(ids.toSorted().toReversed())
})

test('a new job does not move the jobs after a cursor', async () => {
  await using other = await openIngress()
  const first = await other.accept()
  const second = await other.accept()
  const page = (await other.get('/api/v1/Jobs?Limit=1')).json<JobList>()
  await other.accept()
  const next = (await other.get(`/api/v1/Jobs?Limit=1&Cursor=${page.Cursor}`)).json<JobList>()
  const listed = new Set([page.Jobs[0]?.JobId, next.Jobs[0]?.JobId])
  expect(listed).toEqual(new Set([first, second]))
})

test('filters by state and by EMR', async () => {
  const succeeded = accepted.filter((_id, index) => index % 4 === 0 && index % 3 !== 0)
  expect((await listAll('Status=Succeeded&Limit=3')).flat().toSorted()).toEqual(succeeded.toSorted())
  const cerner = accepted.filter((_id, index) => index % 3 === 0)
  expect((await listAll('EMRSystem=Cerner&Limit=5')).flat().toSorted()).toEqual(cerner.toSorted())
  expect((await list('BatchId=none')).Jobs).toEqual([])
})

describe('jobs that ended without success', () => {
  test('are listed by when they ended, also in a range of time, and no longer once they are retried', async () => {
    await using other = await openIngress()
    const [one, two, three] = [await other.accept(), await other.accept(), await other.accept()]
    for (const id of [three, one, two]) await other.finish(id, id === two ? unknown : failed)
    const list = async (query: string) => {
      const { Jobs } = (await other.get(`/api/v1/Jobs?${query}`)).json<JobList>()
      return Jobs.map(({ JobId }) => JobId)
    }
    expect(await list('Status=Failed')).toEqual([one, three])
    expect(await list('Status=OutcomeUnknown&StatusCode=408')).toEqual([two])
    expect(await list('Status=Failed&StatusCode=400')).toEqual([])
    const [, ended = ''] = await other.redis.zrange(other.keys.ended('Failed'), '0', '0', 'WITHSCORES')
    const at = new Date(Number(ended)).toISOString()
    const after = new Date(Number(ended) + 1).toISOString()
    expect(await list(`Status=Failed&To=${at}&By=FinishedAt`)).toContain(three)
    expect(await list(`Status=Failed&From=${after}`)).not.toContain(three)
    expect(await list(`From=${after}`)).toHaveLength((await list('')).length - (await list(`To=${at}`)).length)
    await other.send('POST', `/api/v1/Jobs/${one}/Retry`)
    expect(await list('Status=Failed')).toEqual([three])
    expect(await list('Status=Queued')).toEqual([one])
  })

  test('cost the same for a page, however many other jobs there are', async () => {
    await using other = await openIngress()
    const { keys } = other
    const id = await other.accept()
    await other.finish(id, failed)
    const others = Array.from({ length: 5_000 }, (_, n) => [Date.now() + n, `x${String(n).padStart(19, '0')}`])
    await other.redis.zadd(keys.jobs(other.names.demo), ...others.flat())
    const commandsFor = async (query: string) => {
      const sent = vi.spyOn(other.redis, 'sendCommand')
      const { Jobs } = (await other.get(`/api/v1/Jobs?${query}`)).json<JobList>()
      const commands = sent.mock.calls.length
      sent.mockRestore()
      return { ids: Jobs.map(({ JobId }) => JobId), commands }
    }
    const { ids, commands } = await commandsFor('Status=Failed&Limit=200')
    expect(ids).toEqual([id])
    expect(commands).toBeLessThan(30)
    // nothing points to the successes: a bounded search, in a few scripts
    const succeeded = await commandsFor('Status=Succeeded&Limit=200')
    expect(succeeded.ids).toEqual([])
    expect(succeeded.commands).toBeLessThan(50)
  })
})

test('leaves out forgotten jobs', async () => {
  await using other = await openIngress()
  const [kept, forgotten] = [await other.accept(), await other.accept()]
  await other.connection.records.queue.remove(forgotten)
  const { Jobs } = (await other.get('/api/v1/Jobs')).json<JobList>()
  expect(Jobs.map(({ JobId }) => JobId)).toEqual([kept])
})

test.each([
  ['Limit=0', '/Limit'],
  ['Limit=201', '/Limit'],
  ['Limit=many', '/Limit'],
  ['Status=queued', '/Status'],
  ['EMRSystem=Nowhere', '/EMRSystem'],
  ['Cursor=nonsense', '/Cursor'],
  ['status=Queued', '/status'],
  ['From=yesterday', '/From'],
  ['By=FinishedAt', '/By'],
  ['By=FinishedAt&Status=Succeeded', '/By'],
  ['By=CreatedAt&Status=Expired', '/By'],
  ['StatusCode=many', '/StatusCode'],
])('%s is a mistake', async (query, pointer) => {
  const reply = await gateway.get(`/api/v1/Jobs?${query}`)
  expect(reply.statusCode).toBe(400)
  expect(reply.json<Problem>().Errors).toEqual([{ Pointer: pointer, Message: expect.any(String) }])
})
