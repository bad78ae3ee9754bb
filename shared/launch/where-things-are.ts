import { DEMO_HEADERS } from './demonstrate.ts'

/** Links and commands for a first try, line by line; the commands only for the configuration of `npm start`. */
export function whereThingsAre(gateway: string, workerPort: number, ownConfig: string | undefined): string[] {
  const headers = Object.entries(DEMO_HEADERS).map(([name, value]) => `-H '${name}: ${value}'`)
  const links = [
    '',
    `API reference  ${gateway}/docs`,
    `Admin          ${gateway}/admin${ownConfig ? '' : '  (sign in as ops, password demo)'}`,
    `Metrics        ${gateway}/metrics and http://127.0.0.1:${workerPort}/metrics`,
    '',
  ]
  if (ownConfig) return [...links, `Configuration  ${ownConfig} (GATEWAY_CONFIG)`, '']
  return [
    ...links,
    'To submit one yourself and wait for its result:',
    `  curl -i ${gateway}/api/v1/Sandbox/PatientEncounters -H 'Prefer: wait=10' -H 'Content-Type: application/json' \\`,
    `    ${headers.join(' ')} \\`,
    '    --data @shared/src/contract/sample-request.json',
    '',
  ]
}
