/** For a container's health check: exits with 0 if the URL it is given answers 2xx within three seconds, or else with 1. */
const [, , url = ''] = process.argv
try {
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(3_000) })
  process.exit(ok ? 0 : 1)
} catch {
  process.exit(1)
}
