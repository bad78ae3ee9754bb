/** There was no answer in time. */
export class TooLate extends Error {
  override name = 'TooLate'
}

/** What `work` gives, unless it takes longer than `ms` milliseconds: then `TooLate`. The work itself goes on. */
export async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TooLate(`no answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
