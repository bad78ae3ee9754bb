import type { RecordsContext } from './context.ts'

/** The pending jobs by deadline, for the sweep. */
export function openOverdue({ redis, keys }: RecordsContext) {
  async function deadlines(jobIds: readonly string[]): Promise<(number | undefined)[]> {
    if (jobIds.length === 0) return []
    const found = await redis.zmscore(keys.pending, ...jobIds)
    return found.map((deadline) => (deadline === null ? undefined : Number(deadline)))
  }

  return {
    deadlines,

    overdue: (at: number, passed: number, atMost: number): Promise<string[]> =>
      redis.zrangebyscore(keys.pending, '-inf', at, 'LIMIT', passed, atMost),

    async failedWithoutOutcome(atMost: number): Promise<string[]> {
      const newest = await redis.zrevrange(keys.failed, 0, atMost - 1)
      const deadlineOf = await deadlines(newest)
      return newest.filter((_, n) => deadlineOf[n] !== undefined)
    },
  }
}
