/**
 * Caches the result of `read` for `ms` milliseconds. Callers share a read in progress. A failure rejects the callers
 * that waited for it and is not cached.
 */
export function cachedFor<Value>(
  ms: number,
  read: () => Promise<Value>,
  now: () => number = Date.now,
): () => Promise<Value> {
  let kept: { value: Promise<Value>; until: number } | undefined
  return () => {
    if (kept && now() < kept.until) return kept.value
    const fresh = { value: read(), until: Infinity }
    kept = fresh
    fresh.value.then(
      () => (fresh.until = now() + ms),
      () => (fresh.until = -Infinity),
    )
    return fresh.value
  }
}
