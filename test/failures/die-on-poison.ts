import { subscribe } from 'node:diagnostics_channel'

/** Loaded into a worker by `--import`: a request to an EMR that holds the word POISON kills the process, each time. */
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: { body?: unknown } }
  if (String(request.body).includes('POISON')) process.kill(process.pid, 'SIGKILL')
})
