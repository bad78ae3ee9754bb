import { loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { newJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { packPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import { openAccept } from '@encounter-gateway/shared/records/accept.ts'
import { openEncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import { openRecords } from '@encounter-gateway/shared/records/jobs.ts'
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
  const queue = openEncounterQueue(redis, connection)
  const { sealingKeys, retention } = config
  const records = openRecords(redis, { connection, sealingKeys, retention })
  const head = { credentials: { loginId: 'user', password: 'secret' }, verbose: false }
  let begun = 0
  let accepted = 0
  const accept = openAccept(redis, records)
  const acceptSome = async () => {
    while (begun < jobs) {
      const plain = packPayload(head, Buffer.from(JSON.stringify(encounterAt(2, begun++))))
      const job = { jobId: newJobId(connection), application: 'demo', plain, idempotency: [] }
      await accept(job)
      if (++accepted % 500 === 0) tell({ accepted })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, acceptSome))
  await queue.close()
  redis.disconnect()
}

function tell(report: FillReport): void {
  process.send?.(report)
}

await main(JSON.parse(process.argv[2] ?? '') as FillOrder)
