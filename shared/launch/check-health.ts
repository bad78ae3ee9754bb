/** Health check of a container: exits with 0 if the given URL answers 2xx within three seconds, otherwise with 1. */
const [, , url = ''] = process.argv
try {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(3_000) })
  process.exit(ok ? 0 : 1)
} catch {
  process.exit(1)
}
