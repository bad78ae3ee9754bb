import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { buildSandboxEmr } from './app.ts'

/** Ends the process with one sentence: 78 (EX_CONFIG) for a setting that makes no sense, else 1. */
function giveUp(why: string, exitCode: number): never {
  process.stderr.write(`The Sandbox EMR cannot start: ${why}\n`)
  process.exit(exitCode)
}

function numberFrom(name: string, byDefault: number, minimum: number, maximum: number): number {
  const text = process.env[name] || String(byDefault)
  const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= minimum && number <= maximum) return number
  return giveUp(`${name} must be a whole number from ${minimum} to ${maximum}.`, 78)
}

const host = process.env['SANDBOX_HOST'] || '127.0.0.1'
const port = numberFrom('SANDBOX_PORT', 4010, 0, 65_535)
const app = buildSandboxEmr({ keep: numberFrom('SANDBOX_KEEP', 200_000, 1, 100_000_000) })

try {
  const url = await app.listen({ host, port })
  pino({ name: 'sandbox-emr', level: process.env['LOG_LEVEL'] || 'info' }).info({ url }, 'sandbox-emr.listening')
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  const inUse = 'the port is in use. Set SANDBOX_PORT to a free one.'
  giveUp(`it cannot listen on ${host}:${port}: ${code === 'EADDRINUSE' ? inUse : `${code}.`}`, 1)
}

closeWithGrace({ delay: 5_000 }, async () => app.close())
