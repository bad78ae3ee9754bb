import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { LaunchError } from './launch-error.ts'

/** Below the ports that Linux (from 32768 on), macOS and Windows (from 49152 on) give to outgoing connections. */
const PORTS = { from: 20_000, below: 32_768 } as const
const TRIES = 100

/**
 * A TCP port that nothing on the loopback address listens on, and that no outgoing connection will be given until
 * somebody listens on it: a server can be stopped and started on it.
 */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(PORTS.from, PORTS.below)
    if (await isFree(port)) return port
  }
  throw new LaunchError(`No port from ${PORTS.from} to ${PORTS.below - 1} was free in ${TRIES} tries.`)
}

/** Whether nothing on the loopback address listens on this port. */
export async function isFree(port: number): Promise<boolean> {
  return listenOnce(port, '127.0.0.1').then(
    () => true,
    () => false,
  )
}

/** Throws a `LaunchError` that names the port and its variable, unless the port can be listened on. */
export async function checkPortFree(port: number, host: string, variable: string): Promise<void> {
  try {
    await listenOnce(port, host)
  } catch (error) {
    const { code } = error as { code?: unknown }
    const cause =
      code === 'EADDRINUSE' ? 'is in use: stop what listens there' : `cannot be listened on (${String(code)})`
    throw new LaunchError(`Port ${port} ${cause}, or choose another port with ${variable}=${port + 100} npm start.`)
  }
}

/** The port in an environment variable; throws a `LaunchError` if it is not valid. */
export function readPort(variable: string, fallback: number): number {
  const text = process.env[variable]
  if (!text) return fallback
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new LaunchError(`${variable} is not a port: give it a number from 1 to 65535, or leave it out for ${fallback}.`)
}

function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}
