import { createClient, GatewayError } from '@encounter-gateway/client/index.ts'

const { GATEWAY_URL = '', GATEWAY_APPLICATION_KEY = '' } = process.env
const client = createClient({
  baseUrl: GATEWAY_URL,
  applicationName: 'demo',
  applicationKey: GATEWAY_APPLICATION_KEY,
  loginId: 'dr.house',
  password: 'lupus',
  emrInstance: process.env['GATEWAY_EMR_INSTANCE'],
})

try {
  const job = await client.submitAndWait(
    'Sandbox',
    { UserId: 'dr.house', PatientId: 'MRN-1001', Encounter: { PatientClassId: 'I', ReasonForVisit: 'Chest pain' } },
    // the visit's own number: every repeat gets the same job
    { idempotencyKey: 'visit-4711', signal: AbortSignal.timeout(60_000) },
  )
  console.log(job.Status, job.EncounterId ?? job.Problem?.detail)
} catch (error) {
  // refused, or unreachable for two minutes; any other error comes from the signal
  if (!(error instanceof GatewayError)) throw error
  console.error(error.message, error.slug, error.requestId)
  process.exitCode = 1
}
