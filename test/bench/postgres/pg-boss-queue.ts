import { PgBoss } from 'pg-boss'

/** What a job holds: the request as received. */
export const QUEUE = 'encounters'

/** pg-boss on the store, started, with its queue created. `connections`: of its pool. */
export async function openPgBoss(connections: number): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: process.env['DATABASE_URL'] ?? '', max: connections })
  boss.on('error', (error: Error) => console.error(error.message))
  await boss.start()
  await boss.createQueue(QUEUE, { retryLimit: 5, retryBackoff: true })
  return boss
}
