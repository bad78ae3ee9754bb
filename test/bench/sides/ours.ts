import { nodeArgumentsOf } from '@encounter-gateway/launch/npm-script.ts'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRedisStore, path, type Side } from './side.ts'

/** Node's options in `npm run api`; the bare app gets the same. */
export const apiOptions = nodeArgumentsOf('api').slice(0, -1)

const applicationKey = 'the-key-of-bench'

/** This gateway with all its promises, its limits set so high that none is reached. */
export const ours: Side = {
  name: 'ours',
  openStore: openRedisStore,
  api: { script: 'api/src/server.ts', readyText: 'Server listening', options: apiOptions },
  worker: { script: 'worker/src/main.ts', readyText: 'worker.started' },
  path,
  headers: {
    applicationname: 'bench',
    applicationkey: applicationKey,
    loginid: 'bench',
    password: 'bench',
    // the seed's sample names another one in its body
    emrinstance: 'default',
  },
  environment({ folder, storeUrl, emrUrl, concurrency, emrConnections }) {
    const GATEWAY_CONFIG = join(folder, 'config.json')
    writeFileSync(GATEWAY_CONFIG, JSON.stringify(configuration(emrUrl, concurrency, emrConnections)))
    return { GATEWAY_CONFIG, REDIS_URL: storeUrl }
  },
}

/** The name of one of several connections; the first is the default one. */
export function emrInstanceOf(index: number): string {
  return index === 0 ? 'default' : `instance-${index}`
}

function configuration(baseUrl: string, concurrency: number, emrConnections: number) {
  const keyHash = `sha256:${createHash('sha256').update(applicationKey).digest('hex')}`
  const connection = { emrSystem: 'Sandbox', connector: 'sandbox', baseUrl, concurrency, requestsPerSecond: 100_000 }
  return {
    applications: [{ name: 'bench', keyHash, emrSystems: ['Sandbox'], requestsPerMinute: 1_000_000_000 }],
    connections: Array.from({ length: emrConnections }, (_, index) => ({
      ...connection,
      emrInstance: emrInstanceOf(index),
    })),
    sealingKeys: [{ id: 'k1', key: Buffer.alloc(32, 'bench').toString('base64') }],
  }
}
