import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { LaunchError } from './launch-error.ts'

const KEY_BYTES = 32

/**
 * The sealing key in this file, in base64; creates the file with a new key if it does not exist, readable by its owner
 * only. Throws a `LaunchError` for any other content: values sealed with a lost key cannot be opened with a new one.
 */
export function keepSealingKey(path: string): string {
  if (!existsSync(path))
    writeFileSync(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  const key = readFileSync(path, 'utf8').trim()
  if (Buffer.from(key, 'base64').length === KEY_BYTES) return key
  throw new LaunchError(
    `${path} does not hold a sealing key (base64 of ${KEY_BYTES} bytes): put the key back that was there, ` +
      'or remove the file and with it the jobs that were not finished.',
  )
}

// docker-compose.yml runs this file to make the key that the services share.
if (import.meta.main) {
  const [, , path] = process.argv
  if (!path) throw new LaunchError('Name the file to keep the key in: node shared/launch/sealing-key.ts <file>')
  keepSealingKey(path)
}
