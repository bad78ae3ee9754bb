/** An option as Node's `parseArgs` takes it, with its text in help, completions and the manual. */
export type OptionReference = {
  type: 'string' | 'boolean'
  short?: string
  /** It may be given several times. */
  multiple?: boolean
  default?: string | boolean
  /** The placeholder for its value: `FILE`, or the possible values. */
  value?: string
  help: string
}

/** The operands, options and purpose of a command. */
export type CommandReference = {
  operands: string
  summary: string
  options: Record<string, OptionReference>
  examples: readonly string[]
}

/** The options of every command that calls a gateway. */
export const gatewayOptions = {
  credentials: {
    type: 'string',
    value: 'FILE',
    help: 'a JSON object with Url, ApplicationName, ApplicationKey, LoginId, Password, ...',
  },
  patience: {
    type: 'string',
    value: 'SECONDS',
    help: 'how long to retry without progress (default 900)',
  },
  json: { type: 'boolean', default: false, help: 'print one JSON document on standard output, for programs' },
} as const satisfies Record<string, OptionReference>

const format = {
  type: 'string',
  value: 'ndjson|csv',
  help: 'the format of the file, unless its name ends in .csv or .tsv',
} as const
const tableOptions = {
  columns: {
    type: 'string',
    value: 'FILE',
    help: 'CSV: a JSON object with Columns (name in the header to field path) and Constants',
  },
  'date-format': { type: 'string', value: 'FORMAT', help: 'CSV: the format of dates, such as M/d/yyyy H:mm' },
  'time-zone': {
    type: 'string',
    value: 'ZONE',
    help: 'CSV: the time zone of dates without one, such as America/Chicago',
  },
} as const
const watch = { type: 'boolean', default: false, help: 'wait until every encounter has ended' } as const

/** Every command: the one source of parsing, `--help`, completions and docs/encounter-gateway.md. */
export const reference = {
  submit: {
    operands: 'FILE',
    summary: 'upload a file of encounters as a batch: NDJSON, or CSV with a header of field paths',
    options: {
      emr: { type: 'string', value: 'EMR', help: 'the EMR to create the encounters in (required)' },
      instance: { type: 'string', value: 'NAME', help: 'the connection of that EMR (default: default)' },
      watch,
      resume: { type: 'boolean', default: false, help: 'continue the batch of this file, if there is one' },
      new: { type: 'boolean', default: false, help: 'submit again a file that was submitted before' },
      check: {
        type: 'boolean',
        default: false,
        help: 'check the whole file first, and send nothing if it has a mistake',
      },
      key: {
        type: 'string',
        value: 'KEY',
        help: 'an Idempotency-Key of your own, instead of one derived from the content',
      },
      format,
      ...tableOptions,
      'no-compress': { type: 'boolean', default: false, help: 'send the file without gzip' },
      ...gatewayOptions,
    },
    examples: [
      'encounter-gateway submit encounters.ndjson --emr Sandbox --watch',
      'encounter-gateway submit encounters.csv --emr Cerner --instance north --check --resume --watch',
    ],
  },
  batch: {
    operands: 'BATCH',
    summary: 'show the state of a batch',
    options: { watch, ...gatewayOptions },
    examples: ['encounter-gateway batch q3f0h2k7m9x1c8v5b6n4 --watch'],
  },
  results: {
    operands: 'BATCH',
    summary: 'list the result of each encounter, one JSON object per line',
    options: {
      output: {
        type: 'string',
        short: 'o',
        value: 'FILE',
        help: 'write to a file, whole or not at all',
      },
      status: { type: 'string', value: 'A,B', help: 'only those with these statuses, such as Failed,Rejected' },
      'failed-lines': {
        type: 'string',
        value: 'FILE',
        help: 'write the failed lines of this file, from which the batch was made, to be submitted again',
      },
      wait: { type: 'boolean', default: false, help: 'wait until the batch has finished' },
      report: { type: 'string', value: 'FILE', help: 'write an HTML page about the batch, without patient data' },
      'with-encounters': {
        type: 'boolean',
        default: false,
        help: 'list every encounter with its identifier in the report',
      },
      format,
      ...tableOptions,
      ...gatewayOptions,
    },
    examples: [
      'encounter-gateway results q3f0h2k7m9x1c8v5b6n4 -o results.ndjson',
      'encounter-gateway results q3f0h2k7m9x1c8v5b6n4 --failed-lines encounters.ndjson -o failed.ndjson',
      'encounter-gateway results q3f0h2k7m9x1c8v5b6n4 --report batch.html',
    ],
  },
  retry: {
    operands: 'BATCH',
    summary: 'retry what has failed',
    options: {
      job: { type: 'string', value: 'JOB', help: 'one job, instead of a batch' },
      status: {
        type: 'string',
        default: 'Failed',
        value: 'STATUS',
        help: 'what to retry instead: OutcomeUnknown (may be in the EMR), Expired or Cancelled',
      },
      'dry-run': { type: 'boolean', default: false, help: 'only count' },
      watch,
      ...gatewayOptions,
    },
    examples: [
      'encounter-gateway retry q3f0h2k7m9x1c8v5b6n4 --dry-run',
      'encounter-gateway retry --job q3f0a7k2m9x1c8v5b6n4',
    ],
  },
  cancel: {
    operands: 'BATCH',
    summary: 'cancel what was never sent to the EMR',
    options: { job: { type: 'string', value: 'JOB', help: 'one job, instead of a batch' }, ...gatewayOptions },
    examples: ['encounter-gateway cancel q3f0h2k7m9x1c8v5b6n4'],
  },
  job: {
    operands: 'JOB',
    summary: 'show the state of a job',
    options: { wait: { type: 'string', value: 'SECONDS', help: 'wait until it has ended' }, ...gatewayOptions },
    examples: ['encounter-gateway job q3f0a7k2m9x1c8v5b6n4 --wait 30'],
  },
  validate: {
    operands: 'FILE',
    summary: 'check a file without sending anything',
    options: {
      format,
      ...tableOptions,
      show: {
        type: 'string',
        value: 'N',
        help: 'CSV: show the first rows as they will be sent (default 3 on a terminal)',
      },
      max: { type: 'string', value: 'N', help: 'the number of mistakes to show (default 100)' },
      json: gatewayOptions.json,
    },
    examples: ['encounter-gateway validate encounters.csv'],
  },
  preview: {
    operands: 'FILE',
    summary: 'show what the first encounter of a file would become at the EMR, and send nothing there',
    options: {
      emr: { type: 'string', value: 'EMR', help: 'the EMR whose messages to show (required)' },
      instance: { type: 'string', value: 'NAME', help: 'the connection of that EMR (default: default)' },
      format,
      ...tableOptions,
      ...gatewayOptions,
    },
    examples: ['encounter-gateway preview encounters.csv --emr Cerner'],
  },
  webhooks: {
    operands: 'ACTION [ENDPOINT|URL]',
    summary:
      'manage webhook endpoints: list, create URL, show, change, delete, rotate, test, recover or deliveries ENDPOINT, delivery or resend ENDPOINT MESSAGE, events',
    options: {
      url: { type: 'string', value: 'URL', help: 'change: where messages are posted' },
      description: { type: 'string', value: 'TEXT', help: 'create, change: for people' },
      events: {
        type: 'string',
        value: 'A,B',
        help: 'create, change: only these types, such as batch.finished; all again: none',
      },
      connections: {
        type: 'string',
        value: 'A,B',
        help: 'create, change: only these, such as Cerner.default; all again: none',
      },
      full: { type: 'boolean', default: false, help: 'create, change: messages with the outcome: patient data' },
      thin: { type: 'boolean', default: false, help: 'change: messages without it again' },
      header: {
        type: 'string',
        multiple: true,
        value: 'NAME=VARIABLE',
        help: 'create, change: a header to send, several times for several; its value is that of an environment variable. change: NAME= removes it',
      },
      certificate: {
        type: 'string',
        value: 'FILE',
        help: 'create, change: the client certificate to show, PEM, with --certificate-key. change: none removes it',
      },
      'certificate-key': {
        type: 'string',
        value: 'FILE',
        help: 'create, change: the key of the client certificate, PEM',
      },
      'per-second': {
        type: 'string',
        value: 'N',
        help: 'create, change: messages per second at most; no limit again: none',
      },
      signature: { type: 'string', value: 'v1|v1a', help: 'create, rotate: HMAC (default) or ed25519' },
      enable: { type: 'boolean', default: false, help: 'change: send messages again' },
      disable: { type: 'boolean', default: false, help: 'create, change: send none for now' },
      overlap: { type: 'string', value: 'HOURS', help: 'rotate: how long the old secret signs as well (default 24)' },
      since: { type: 'string', value: 'TIME', help: 'recover, deliveries: from this time on, RFC 3339' },
      'dry-run': { type: 'boolean', default: false, help: 'recover: only count' },
      status: { type: 'string', value: 'STATUS', help: 'deliveries: Waiting, Delivered or Failed' },
      max: { type: 'string', value: 'N', help: 'deliveries: the number to list (default 50)' },
      after: { type: 'string', value: 'CURSOR', help: 'events: those after this place' },
      follow: { type: 'boolean', default: false, help: 'events: go on with what comes' },
      ...gatewayOptions,
    },
    examples: [
      'encounter-gateway webhooks create https://hooks.example.org/encounters --events encounter.failed,batch.finished',
      'encounter-gateway webhooks create https://hooks.example.org/in --header Authorization=HOOK_AUTHORIZATION --certificate client.pem --certificate-key client.key',
      'encounter-gateway webhooks change ep_1f2e3d4c5b6a798081726354 --per-second 50 --connections none',
      'encounter-gateway webhooks rotate ep_1f2e3d4c5b6a798081726354 --overlap 24',
      'encounter-gateway webhooks test ep_1f2e3d4c5b6a798081726354',
      'encounter-gateway webhooks recover ep_1f2e3d4c5b6a798081726354 --since 2026-11-01T00:00:00Z --dry-run',
      'encounter-gateway webhooks deliveries ep_1f2e3d4c5b6a798081726354 --status Failed --since 2026-11-01T00:00:00Z',
      'encounter-gateway webhooks delivery ep_1f2e3d4c5b6a798081726354 msg_q3f0a7k2m9x1c8v5b6n4_1',
      'encounter-gateway webhooks resend ep_1f2e3d4c5b6a798081726354 msg_q3f0a7k2m9x1c8v5b6n4_1',
      'encounter-gateway webhooks events --follow',
    ],
  },
  ops: {
    operands: 'ACTION [OPERANDS]',
    summary:
      "operate the gateway with an operator's token (GATEWAY_OPERATOR_TOKEN): now, workers, audit, in-doubt, jobs, job JOB, resolve JOB, retry, cancel, connection, pause, resume, drain, hold, release or limits EMR INSTANCE, webhooks, deliveries, enable, disable or recover ENDPOINT, resend ENDPOINT MESSAGE",
    options: {
      reason: { type: 'string', value: 'TEXT', help: 'every act: why, for the audit log; no patient data' },
      yes: { type: 'boolean', default: false, help: 'retry, cancel, recover, resolve --csv: act, after the count' },
      status: { type: 'string', value: 'STATUS', help: 'jobs, retry, cancel, deliveries: such as Failed' },
      emr: { type: 'string', value: 'EMR', help: 'jobs, in-doubt, retry, cancel: only this EMR' },
      instance: { type: 'string', value: 'NAME', help: 'jobs, in-doubt, retry, cancel: only this connection' },
      application: { type: 'string', value: 'NAME', help: 'jobs, retry, cancel, webhooks: only this application' },
      code: { type: 'string', value: 'N', help: 'jobs, retry, cancel: only this status code' },
      batch: { type: 'string', value: 'BATCH', help: 'jobs: only those of this batch' },
      from: { type: 'string', value: 'TIME', help: 'jobs, retry, cancel, audit: from this time on, RFC 3339' },
      to: { type: 'string', value: 'TIME', help: 'jobs, retry, cancel, audit: up to this time' },
      by: { type: 'string', value: 'CreatedAt|FinishedAt', help: 'jobs, retry, cancel: which time is meant' },
      created: { type: 'string', value: 'ENCOUNTER', help: 'resolve: the EMR has it, with this EncounterId' },
      send: { type: 'boolean', default: false, help: 'resolve: the EMR does not have it, send it' },
      fail: { type: 'boolean', default: false, help: 'resolve: the EMR does not have it, fail it' },
      csv: { type: 'string', value: 'FILE', help: 'resolve: many, from the columns JobId, EncounterId, Then' },
      minutes: { type: 'string', value: 'N', help: 'pause: resume by itself after this time' },
      seconds: { type: 'string', value: 'N', help: 'hold: for this time' },
      concurrency: { type: 'string', value: 'N', help: 'limits: calls at once; as configured if left out' },
      'per-second': { type: 'string', value: 'N', help: 'limits: calls per second; as configured if left out' },
      since: { type: 'string', value: 'TIME', help: 'recover: messages from this time on, RFC 3339' },
      actor: { type: 'string', value: 'NAME', help: 'audit: only this operator' },
      action: { type: 'string', value: 'ACT', help: 'audit: only this act, such as Pause' },
      job: { type: 'string', value: 'JOB', help: 'audit: only about this job' },
      max: { type: 'string', value: 'N', help: 'jobs, in-doubt, deliveries, audit: the number to list (default 50)' },
      cursor: { type: 'string', value: 'CURSOR', help: 'jobs, in-doubt: the page after this place' },
      'token-file': { type: 'string', value: 'FILE', help: 'the operator token, instead of GATEWAY_OPERATOR_TOKEN' },
      json: gatewayOptions.json,
    },
    examples: [
      'encounter-gateway ops now',
      'encounter-gateway ops pause Cerner north --minutes 30 --reason "maintenance until 04:00"',
      'encounter-gateway ops jobs --status Failed --emr Cerner --from 2026-11-28T00:00:00Z',
      'encounter-gateway ops retry --status Failed --emr Cerner --reason "Cerner is back" --yes',
      'encounter-gateway ops resolve q3f0a7k2m9x1c8v5b6n4 --created 97953478 --reason "looked it up"',
      'encounter-gateway ops resolve --csv night.csv --reason "looked up by the ward" --yes',
      'encounter-gateway ops recover ep_config --application portal --since 2026-11-28T00:00:00Z --reason "host moved" --yes',
    ],
  },
  completion: {
    operands: 'SHELL',
    summary: 'print the script that completes commands and options in bash or zsh',
    options: {},
    examples: [
      'source <(encounter-gateway completion bash)',
      'encounter-gateway completion zsh > ~/.zfunc/_encounter-gateway',
    ],
  },
} as const satisfies Record<string, CommandReference>

export type CommandName = keyof typeof reference
