import { makeWorkerUtils } from 'graphile-worker'
import { Pool } from 'pg'
import { serveBareApp } from '../bare/app.ts'

/** The bare app's route on graphile-worker, as a process. */
const pgPool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 20 })
pgPool.on('error', (error) => console.error(error.message))
const queue = await makeWorkerUtils({ pgPool })
await queue.migrate()
await serveBareApp(async (body) => (await queue.addJob('create-encounter', { body }, { maxAttempts: 5 })).id)
