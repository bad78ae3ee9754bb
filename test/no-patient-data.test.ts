import { startRedis } from '@encounter-gateway/launch/redis-server.ts'
import { hashPassword } from '@encounter-gateway/api/operators/password.ts'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asDemo, startProcesses, type Processes } from './fixtures/processes.ts'
import { loadSample } from './fixtures/sample.ts'

/** Every text of a JSON value, at its path, long enough not to match by chance. */
function texts(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return value.length > 3 ? [[path, value]] : []
  if (!value || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, item]) => texts(item, `${path}/${key}`))
}

/** The sample with a distinct value in each text field, so that each can be searched for. */
function canaries(): { body: object; values: [path: string, text: string][] } {
  const unique = (value: unknown): unknown => {
    if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) ? value : `canary-${randomUUID()}`
    if (Array.isArray(value)) return value.map(unique)
    if (value && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, unique(v)]))
    return value
  }
  const body = unique(loadSample()) as Record<string, unknown>
  return { body, values: [...texts(body), ...texts(loadSample())] }
}

const password = 'the password of ops'
const operators = [{ name: 'ops', role: 'viewer', passwordHash: await hashPassword(password) }]

/** Everything that the board shows a signed-in operator of every job in every state. */
async function readBoard({ url, emrInstance }: Processes): Promise<string> {
  const signedIn = await fetch(`${url}/admin/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name: 'ops', password }),
  })
  const set = signedIn.headers.getSetCookie().find((each) => each.startsWith('eg_operator='))
  const headers = { cookie: set?.split(';', 1)[0] ?? '' }
  const read = async (path: string) => (await fetch(`${url}/admin/queues${path}`, { headers })).text()
  const queue = encodeURIComponent(`{Sandbox.${emrInstance}}`)
  const states = ['latest', 'failed', 'completed', 'waiting', 'delayed', 'active']
  const lists = await Promise.all(
    states.map((state) => read(`/api/queues?activeQueue=${queue}&status=${state}&jobsPerPage=50`)),
  )
  const ids = new Set(
    lists
      .join('')
      .match(/"id":"[a-z][0-9a-z]{19}"/g)
      ?.map((found) => found.slice(6, -1)),
  )
  expect(ids.size).toBeGreaterThanOrEqual(6)
  const jobs = await Promise.all(
    [...ids].flatMap((id) => [read(`/api/queues/${queue}/${id}`), read(`/api/queues/${queue}/${id}/logs`)]),
  )
  const pages = [
    '/admin',
    `/admin/connections/Sandbox/${emrInstance}`,
    '/admin/jobs',
    '/admin/in-doubt',
    '/admin/webhooks',
    '/admin/fleet',
  ]
  const api = [
    'Connections',
    `Connections/Sandbox/${emrInstance}`,
    'Jobs',
    'WebhookEndpoints',
    'Workers',
    'Applications',
  ]
  const seen = await Promise.all(
    [
      ...pages,
      ...api.map((path) => `/api/v1/operator/${path}`),
      ...[...ids].flatMap((id) => [`/admin/jobs/${id}`, `/api/v1/operator/Jobs/${id}`]),
    ].map(async (path) => {
      const reply = await fetch(`${url}${path}`, { headers })
      expect({ path, status: reply.status }).toEqual({ path, status: 200 })
      return reply.text()
    }),
  )
  return [await read(''), ...lists, ...jobs, ...seen].join('\n')
}

function readAll(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Buffer.concat(files.map((file) => readFileSync(join(file.parentPath, file.name))))
}

test('no value of a request is found in the AOF, in any log, in metrics or on the board, however the job ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-aof-'))
  const redis = await startRedis({ dir: folder, persistent: true, log: () => undefined })
  const { body, values } = canaries()
  let exposed: Record<string, string | Buffer> = {}
  let encounterId = ''
  try {
    await using gateway = await startProcesses({ redisUrl: redis.url, config: { operators } })
    const send = (patient: string, prefer: string, more: object = {}) =>
      fetch(`${gateway.url}/api/v1/Sandbox/PatientEncounters`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...asDemo,
          emrinstance: gateway.emrInstance,
          'idempotency-key': `canary-key-${patient}`,
          prefer,
        },
        body: JSON.stringify({ ...body, ...(patient && { PatientId: patient }), ...more }),
      })
    const created = (await (await send('', 'wait=20')).json()) as { EncounterId: string }
    encounterId = created.EncounterId
    await Promise.all(
      ['SANDBOX-400', 'SANDBOX-401', 'SANDBOX-500', 'SANDBOX-502'].map((patient) => send(patient, 'wait=30')),
    )
    await send('SANDBOX-TIMEOUT', 'wait=1')
    expect((await send('', 'wait=1', { NotKnown: 'canary-unknown-value', UserId: 17 })).status).toBe(400)
    const { Jobs } = (await (await fetch(`${gateway.url}/api/v1/Jobs`, { headers: asDemo })).json()) as { Jobs: Job[] }
    expect(Jobs.length).toBeGreaterThanOrEqual(6)
    exposed = {
      'the metrics of the api': await (await fetch(`${gateway.url}/metrics`)).text(),
      'the metrics of the worker': await (await fetch(`${gateway.workerUrl}/metrics`)).text(),
      'the list of jobs': JSON.stringify(Jobs.map((job) => ({ ...job, EncounterId: '', AlternativeIdentifiers: [] }))),
      'the logs': gateway.output(),
    }
    exposed['the board'] = await readBoard(gateway)
    const client = connectRedis(redis.url, 'producer')
    await untilReady(client)
    exposed['the names of the keys'] = (await client.keys('*')).join('\n')
    client.disconnect()
  } finally {
    await redis.close()
    exposed = { ...exposed, 'the AOF': readAll(folder) }
    rmSync(folder, { recursive: true })
  }
  expect(exposed['the logs']).toContain('encounter.attempted')
  expect(exposed['the AOF']?.length).toBeGreaterThan(5_000)
  expect(encounterId).toMatch(/^SBX-/)
  const searched = [
    ...values,
    ['/unknown', 'canary-unknown-value'],
    ['/Idempotency-Key', 'canary-key-'],
    ['/EncounterId', encounterId],
  ]
  const found = Object.entries(exposed).flatMap(([where, text]) =>
    searched.filter(([, value = '']) => text.includes(value)).map(([path]) => `${path} in ${where}`),
  )
  expect(found).toEqual([])
})
