/** A part of the product, the file that it is in, and its stand-in for a run without it. */
export const parts = {
  sealing: { file: '/shared/src/sealing/seal.ts', standIn: 'seal.ts' },
  'rate limit': { file: '/api/src/admission/rate-limit.ts', standIn: 'rate-limit.ts' },
  'application keys': { file: '/api/src/admission/applications.ts', standIn: 'applications.ts' },
  validation: { file: '/api/src/http/validation.ts', standIn: 'validation.ts' },
  'request ids and log': { file: '/api/src/http/request-log.ts', standIn: 'request-log.ts' },
  metrics: { file: '/api/src/operations/metrics.ts', standIn: 'metrics.ts' },
  records: { file: '/shared/src/records/accept.ts', standIn: 'accept.ts' },
  breaker: { file: '/worker/src/attempts/breaker.ts', standIn: 'breaker.ts' },
  'mark and outcome': { file: '/shared/src/records/jobs.ts', standIn: 'records.ts' },
  'line per attempt': { file: '/shared/src/logger.ts', standIn: 'logger.ts' },
  'worker metrics': { file: '/worker/src/metrics.ts', standIn: 'worker-metrics.ts' },
} as const
export type Part = keyof typeof parts

export function isPart(name: string): name is Part {
  return name in parts
}
