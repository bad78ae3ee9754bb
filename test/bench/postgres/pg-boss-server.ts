import { serveBareApp } from '../bare/app.ts'
import { openPgBoss, QUEUE } from './pg-boss-queue.ts'

/** The bare app's route on pg-boss, as a process. */
const boss = await openPgBoss(20)
await serveBareApp(async (body) => (await boss.send(QUEUE, { body })) ?? '')
