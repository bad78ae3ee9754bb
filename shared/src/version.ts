import { readFileSync } from 'node:fs'

/** The version of the gateway: that of its packages. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version
