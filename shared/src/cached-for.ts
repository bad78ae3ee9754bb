/**
 * Makes `read` cheap to ask for: it runs at most once in `ms` milliseconds, and whoever asks while it runs gets the same
 * answer. A failure reaches those who waited for it and is not kept.
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
