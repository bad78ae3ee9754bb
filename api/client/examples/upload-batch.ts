import { createClient, type PatientEncounterRequest } from '@encounter-gateway/client/index.ts'

const { GATEWAY_URL = '', GATEWAY_APPLICATION_KEY = '' } = process.env
const client = createClient({
  baseUrl: GATEWAY_URL,
  applicationName: 'demo',
  applicationKey: GATEWAY_APPLICATION_KEY,
  loginId: 'dr.house',
  password: 'lupus',
  emrInstance: process.env['GATEWAY_EMR_INSTANCE'],
})

/** Represents a query of your database that returns the same rows in the same order each time. */
async function* todaysAdmissions(): AsyncGenerator<PatientEncounterRequest> {
  for (let row = 1; row <= 100; row++) {
    yield { UserId: 'interface', PatientId: `MRN-${row}`, Encounter: { PatientClassId: 'I' } }
  }
}

// a function, so that a broken upload can restart: the gateway skips what it already has
const uploaded = await client.uploadBatch('Sandbox', todaysAdmissions, {
  idempotencyKey: 'admissions-2026-11-23',
  compress: true,
})
for (const { ItemIndex, Problem } of uploaded.Rejections ?? []) console.error(`item ${ItemIndex}: ${Problem.detail}`)

for await (const batch of client.watchBatch(uploaded.BatchId)) {
  console.log(`${batch.Succeeded} of ${batch.Accepted} created, ${batch.Failed} failed`)
}
for await (const item of client.results(uploaded.BatchId)) {
  if (item.Status !== 'Succeeded') console.error(item.ItemIndex, item.Status, item.Problem?.detail)
}
