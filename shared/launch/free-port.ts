import { createServer } from 'node:net'
import { LaunchError } from './launch-error.ts'

/** A TCP port that nothing on the loopback address listens on right now. */
export async function findFreePort(): Promise<number> {
  return listenOnce(0, '127.0.0.1')
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
