import { serveBareApp } from './app.ts'
import { connectBare, openBareQueue } from './queue.ts'

/** The bare app on BullMQ, as a process. */
const queue = openBareQueue(connectBare())
await queue.waitUntilReady()
await serveBareApp(async (body) => (await queue.add('create-encounter', { body })).id ?? '')
