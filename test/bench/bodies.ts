import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encounterAt } from '../generator/encounters.ts'

/** Enough that no two connections send the same body at the same time, few enough to be held as ready requests. */
const DISTINCT = 4_096
const SEED = 1
const sampleUrl = new URL('../../shared/src/contract/sample-request.json', import.meta.url)

/** The bodies that are sent: `generated` ones, about 1.3 KB, or the seed's `sample`, 5.4 KB with every field. */
export type Payload = 'generated' | 'sample'

/** Files of request bodies, one per line, all different, the same in every run. */
export type Bodies = Record<Payload, string>

/** Writes them into `folder`. */
export function writeBodies(folder: string): Bodies {
  const generated = join(folder, 'bodies-generated.ndjson')
  const sample = join(folder, 'bodies-sample.ndjson')
  writeLines(generated, DISTINCT, (index) => encounterAt(SEED, index))
  const whole = JSON.parse(readFileSync(sampleUrl, 'utf8')) as object
  writeLines(sample, DISTINCT / 4, (index) => ({ ...whole, PatientId: `MRN-S-${String(index).padStart(8, '0')}` }))
  return { generated, sample }
}

/** A file of `count` different generated bodies, one per line, that are not among `Bodies`. */
export function writeBatch(folder: string, count: number): string {
  const path = join(folder, `batch-${count}.ndjson`)
  writeLines(path, count, (index) => encounterAt(SEED + 1, index))
  return path
}

function writeLines(path: string, count: number, bodyAt: (index: number) => object): void {
  writeFileSync(path, Array.from({ length: count }, (_, index) => `${JSON.stringify(bodyAt(index))}\n`).join(''))
}
