import type { EncounterCreated } from '@encounter-gateway/shared/contract/encounter-created.ts'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { emrSystems, type EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAthena } from './athena.ts'
import { openCerner } from './cerner.ts'
import { openHl7v2 } from './hl7v2.ts'
import type { SimulatedEmr } from './simulated-emr.ts'
import { openUnity } from './unity.ts'
import { agreed, lenient } from './use-hl7v2.ts'
import { asDemo, startProcesses, type Processes } from '../fixtures/processes.ts'
import { loadSample } from '../fixtures/sample.ts'

// a database of its own: the queue of webhook deliveries has one name for all
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/6`

/** Every EMR but the Sandbox, which has its own tests; the compiler reports missing ones. */
const emrs: Record<
  Exclude<EmrSystem, 'Sandbox'>,
  { connector: string; open: () => Promise<SimulatedEmr>; settings?: object }
> = {
  Allscripts: { connector: 'unity', open: openUnity },
  Athena: { connector: 'athena', open: openAthena },
  Cerner: { connector: 'cerner', open: openCerner },
  Epic: {
    connector: 'hl7v2',
    open: () => openHl7v2({ agreed, options: { ...lenient, profile: 'epic' } }),
    settings: { onUnknownOutcome: 'resend' },
  },
  Meditech: {
    connector: 'hl7v2',
    open: () => openHl7v2({ agreed, options: lenient }),
    settings: { onUnknownOutcome: 'resend' },
  },
}
const names = Object.keys(emrs) as (keyof typeof emrs)[]

const opened: Partial<Record<EmrSystem, SimulatedEmr>> = {}
let gateway: Processes

beforeAll(async () => {
  const connections = []
  for (const emrSystem of names) {
    const { connector, open, settings } = emrs[emrSystem]
    const emr = await open()
    opened[emrSystem] = emr
    connections.push({ emrSystem, emrInstance: 'default', connector, ...emr.options, ...settings })
  }
  gateway = await startProcesses({ redisUrl, connections, application: { emrSystems } })
})

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  for (const emr of Object.values(opened)) await emr?.[Symbol.asyncDispose]()
})

test.for(names)(
  "the sample sent to %s ends 201 with the EMR's id, and the EMR holds every field that is not reported as left out",
  async (emrSystem) => {
    const emr = opened[emrSystem]
    if (!emr) throw new Error('it was not opened')
    const { loginId = '', password = '', authorizationToken } = emr.credentials
    const sample = { ...loadSample(), AuthorizationToken: authorizationToken ?? null }
    const answer = await fetch(`${gateway.url}/api/v1/${emrSystem.toLowerCase()}/PatientEncounters`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...asDemo,
        emrinstance: 'default',
        loginid: loginId || 'nobody',
        password: password || 'none',
        prefer: 'wait=20',
      },
      body: JSON.stringify(sample),
    })
    const created = (await answer.json()) as EncounterCreated
    expect({ status: answer.status, created }).toMatchObject({ status: 201 })
    const [made, ...more] = emr.encounters()
    expect(more).toEqual([])
    expect(created.EncounterId).toBe(made?.encounterId)
    const list = await fetch(`${gateway.url}/api/v1/Jobs?EMRSystem=${emrSystem}`, { headers: asDemo })
    const [job] = ((await list.json()) as { Jobs: Job[] }).Jobs
    const missing = made ? emr.missing(made, takeEncounter(sample)) : ['/']
    expect(missing.toSorted()).toEqual(job?.NotCarried?.toSorted() ?? [])
  },
)
