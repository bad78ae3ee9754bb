import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoKey } from '../../fixtures/processes.ts'

/** The connection that is loaded, and the one that may hang; both with the settings of a new connection. */
export const WELL = { emrSystem: 'Sandbox', emrInstance: 'well' }
export const HUNG = { emrSystem: 'Sandbox', emrInstance: 'hung' }

/** What all rounds share: ports, keys and the configuration, so that jobs stored in one place can be run in another. */
export type Setup = {
  ports: { well: number; hung: number; api: number; worker: number }
  environment: NodeJS.ProcessEnv
}

/** Writes the configuration into `folder`. */
export async function writeSetup(folder: string): Promise<Setup> {
  const [well, hung] = [await findFreePort(), await findFreePort()]
  const [api, worker] = [await findFreePort(), await findFreePort()]
  const path = join(folder, 'config.json')
  const keyHash = `sha256:${createHash('sha256').update(demoKey).digest('hex')}`
  const content = {
    applications: [{ name: 'demo', keyHash, emrSystems: ['Sandbox'] }],
    connections: [
      { ...WELL, connector: 'sandbox', baseUrl: `http://127.0.0.1:${well}` },
      { ...HUNG, connector: 'sandbox', baseUrl: `http://127.0.0.1:${hung}` },
    ],
    sealingKeys: [{ id: 'k1', key: 'env:SEALING_KEY' }],
  }
  writeFileSync(path, JSON.stringify(content))
  const environment = {
    ...process.env,
    GATEWAY_CONFIG: path,
    SEALING_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'info',
    PORT: String(api),
    WORKER_PORT: String(worker),
  }
  return { ports: { well, hung, api, worker }, environment }
}
