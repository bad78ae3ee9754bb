import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { readFileSync } from 'node:fs'
import { connectBare, openBareQueue } from '../bare/queue.ts'
import type { AddInBulkOptions } from './load-process.ts'

/**
 * A process of its own that puts a file of bodies into the bare queue by `addBulk`: they are in its memory and parsed
 * before the clock starts, without HTTP, check or seal. Warms up on the first tenth.
 */
const { file, atOnce } = JSON.parse(process.argv[2] ?? '') as AddInBulkOptions
const bodies = readFileSync(file, 'utf8').trimEnd().split('\n')
const jobs = bodies.map((line) => ({
  name: 'create-encounter' as const,
  data: { body: JSON.parse(line) as PatientEncounterRequest },
}))
const connection = connectBare()
const queue = openBareQueue(connection)
await queue.waitUntilReady()

const warmUp = Math.floor(jobs.length / 10)
await add(jobs.slice(0, warmUp))
const startedAt = performance.now()
await add(jobs.slice(warmUp))
const seconds = (performance.now() - startedAt) / 1000
process.send?.({ event: 'result', items: jobs.length - warmUp, seconds })
process.disconnect()
connection.disconnect()

async function add(items: typeof jobs): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) await queue.addBulk(items.slice(at, at + atOnce))
}
