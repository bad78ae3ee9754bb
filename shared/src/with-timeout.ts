/** The work took longer than its time limit. */
export class TooLate extends Error {
  override name = 'TooLate'
}

/** Resolves with the result of `work`, or throws `TooLate` after `ms` milliseconds. Does not stop the work. */
export async function withTimeout<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TooLate(`no answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
