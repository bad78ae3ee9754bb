// node --expose-gc abort-after-collection.mjs CLIENT URL: aborts calls that are under way after what they have let go of was collected,
// and prints how each ended. Plain JavaScript, so that every Node that the package is for can run it.
import { setTimeout as pause } from 'node:timers/promises'

const COLLECTIONS = 10
const [, , module, baseUrl] = process.argv
const { createClient } = await import(module)
const client = createClient({ baseUrl, applicationName: 'demo', applicationKey: 'k' })

async function drain(items) {
  for await (const item of items) void item
}

const calls = {
  watchBatch: (options) => drain(client.watchBatch('b', options)),
  results: (options) => drain(client.results('b', options)),
  waitFor: (options) => client.waitFor('j', options),
  submitAndWait: (options) => client.submitAndWait('Sandbox', { UserId: 'u', PatientId: 'p', Encounter: {} }, options),
  uploadBatch: (options) => client.uploadBatch('Sandbox', '{}\n', options),
  api: (options) => client.api.GET('/api/v1/Jobs', options),
}

/** What a call is waiting for by then it waits for without us: finalizers run between two collections. */
async function collect() {
  for (let times = 0; times < COLLECTIONS; times++) {
    globalThis.gc()
    await pause(20)
  }
}

for (const [name, call] of Object.entries(calls)) {
  const stop = new AbortController()
  const ended = call({ signal: stop.signal }).then(
    () => 'came to its end',
    (error) => error.message,
  )
  await collect()
  stop.abort(new Error('aborted'))
  console.log(name, await Promise.race([ended, pause(5_000, 'goes on')]))
}
process.exit()
