import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Pool } from 'undici'

type Created = { EncounterId: string }

/** Posts to the Sandbox EMR over keep-alive connections, at most `connections`. Throws unless it answers 201. */
export function openEmrClient(url: string, connections: number) {
  const pool = new Pool(url, { connections, headersTimeout: 10_000, bodyTimeout: 10_000 })
  const authorization = `Basic ${Buffer.from('bench:bench').toString('base64')}`
  return async (jobId: string, request: PatientEncounterRequest): Promise<string> => {
    const { UserId, PatientId, PatientIdType, Encounter } = request
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/encounters',
      headers: { 'content-type': 'application/json', 'correlation-key': jobId, authorization },
      body: JSON.stringify({ UserId, PatientId, PatientIdType, Encounter }),
    })
    if (statusCode === 201) return ((await body.json()) as Created).EncounterId
    await body.dump()
    throw new Error(`the EMR answered ${statusCode}`)
  }
}
