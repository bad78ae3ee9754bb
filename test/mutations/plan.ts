const store = (name: string) => `shared/src/records/${name}.test.ts`
const suite = [
  'accept',
  'accept-keyed',
  'begin',
  'settle',
  'finish',
  'reopen',
  'forgotten',
  'breaker',
  'recount',
  'batches',
  'turns',
]
const attempts = (name: string) => `worker/src/attempts/${name}.test.ts`

/**
 * A file to be changed and the tests that must notice, fast ones first: each step is run only if the previous ones
 * noticed nothing.
 */
export type Plan = { file: string; steps: string[][] }

const lua = (name: string, ...first: string[]): Plan => ({
  file: `shared/src/records/lua/${name}.lua`,
  steps: [first, suite.filter((name) => !first.includes(name))].map((names) => names.map(store)),
})

/** The whole run, in this order. */
export const plans: Plan[] = [
  lua('settle', 'settle'),
  lua('begin', 'begin'),
  lua('finish', 'finish'),
  lua('reopen', 'reopen'),
  lua('accept', 'accept', 'accept-keyed'),
  lua('recount', 'recount'),
  lua('each', 'begin', 'finish'),
  lua('end-batch', 'batches', 'finish'),
  lua('line-up', 'turns', 'batches'),
  lua('batch-accept', 'batches'),
  lua('batch-received', 'batches'),
  lua('batch-abandoned', 'batches'),
  lua('batch-cancel', 'batches'),
  lua('turns-taken', 'turns'),
  lua('turns-given', 'turns'),
  lua('turns', 'turns'),
  lua('moves', 'forgotten'),
  lua('forgot', 'forgotten'),
  lua('died', 'reopen'),
  lua('breaker-failed', 'breaker'),
  lua('breaker-busy', 'breaker'),
  lua('index-ended', 'ended-lists'),
  lua('keep-batch', 'batches'),
  lua('batch-of-key', 'batches'),
  lua('resolve', 'resolve'),
  lua('audit', 'audit'),
  { file: 'shared/src/sealing/seal.ts', steps: [['shared/src/sealing/seal.test.ts']] },
  { file: 'worker/src/attempts/decide.ts', steps: [[attempts('decide')], ['test/emr/sandbox.test.ts']] },
  { file: 'worker/src/attempts/backoff.ts', steps: [[attempts('backoff')]] },
  { file: 'worker/src/attempts/call-limit.ts', steps: [[attempts('call-limit')]] },
  { file: 'worker/src/attempts/breaker.ts', steps: [[attempts('breaker')], ['test/emr/sandbox.test.ts']] },
  {
    file: 'worker/src/attempts/create-encounter.ts',
    steps: [[attempts('decide')], ['test/emr/sandbox.test.ts', 'test/regressions.test.ts']],
  },
  { file: 'worker/src/upkeep/sweep.ts', steps: [['worker/src/upkeep/sweep.test.ts']] },
  { file: 'worker/src/webhooks/relay.ts', steps: [['test/webhooks/webhooks.test.ts']] },
  { file: 'worker/src/webhooks/deliver-webhook.ts', steps: [['test/webhooks/webhooks.test.ts']] },
]
