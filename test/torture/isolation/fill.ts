import { loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { packPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import { openConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { connectorOptions } from '@encounter-gateway/worker/emr/registry.ts'
import { encounterAt } from '../../generator/encounters.ts'

const AT_ONCE = 256

/** The order of this process, as JSON in its first argument, besides GATEWAY_CONFIG and its keys. */
export type FillOrder = { redisUrl: string; emrInstance: string; jobs: number }
/** Its message to its parent. */
export type FillReport = { accepted: number }

/** Accepts jobs for one connection as the ingress would, without the ingress, which would take minutes. */
async function main({ redisUrl, emrInstance, jobs }: FillOrder): Promise<void> {
  const config = loadConfig(process.env['GATEWAY_CONFIG'], process.env, connectorOptions)
  const connection = config.connections.find((each) => each.emrInstance === emrInstance)
  if (!connection) throw new RangeError(`there is no connection ${emrInstance}`)
  const redis = connectRedis(redisUrl, 'producer')
  await untilReady(redis)
  const records = openConnectionRecords(redis, { ...config, connection })
  const head = { credentials: { loginId: 'user', password: 'secret' }, verbose: false }
  let begun = 0
  let accepted = 0
  const acceptSome = async () => {
    while (begun < jobs) {
      const plain = packPayload(head, Buffer.from(JSON.stringify(encounterAt(2, begun++))))
      await records.jobs.accept({ application: 'demo', plain })
      if (++accepted % 500 === 0) tell({ accepted })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, acceptSome))
  await records.close()
  redis.disconnect()
}

function tell(report: FillReport): void {
  process.send?.(report)
}

await main(JSON.parse(process.argv[2] ?? '') as FillOrder)
