import { DEMO_HEADERS } from './demonstrate.ts'

/** Links and a command for a first try, line by line. */
export function whereThingsAre(gateway: string, workerPort: number): string[] {
  const headers = Object.entries(DEMO_HEADERS).map(([name, value]) => `-H '${name}: ${value}'`)
  return [
    '',
    `API reference  ${gateway}/docs`,
    `Admin          ${gateway}/admin  (sign in as ops, password demo)`,
    `Metrics        ${gateway}/metrics and http://127.0.0.1:${workerPort}/metrics`,
    '',
    'To submit one yourself and wait for its result:',
    `  curl -i ${gateway}/api/v1/Sandbox/PatientEncounters -H 'Prefer: wait=10' -H 'Content-Type: application/json' \\`,
    `    ${headers.join(' ')} \\`,
    '    --data @shared/src/contract/sample-request.json',
    '',
  ]
}
