/** An option as `parseArgs` of Node takes it, with what help, completions and the manual say of it. */
export type OptionReference = {
  type: 'string' | 'boolean'
  short?: string
  default?: string | boolean
  /** What stands for its value: `FILE`, or the values that there are. */
  value?: string
  help: string
}

/** What a command takes and does. */
export type CommandReference = {
  operands: string
  summary: string
  options: Record<string, OptionReference>
  examples: readonly string[]
}

/** Options of every command that speaks to a gateway. */
export const gatewayOptions = {
  credentials: {
    type: 'string',
    value: 'FILE',
    help: 'a JSON object with Url, ApplicationName, ApplicationKey, LoginId, Password, ...',
  },
  patience: {
    type: 'string',
    value: 'SECONDS',
    help: 'how long to try again while nothing gets through (default 900)',
  },
  json: { type: 'boolean', default: false, help: 'for programs: one JSON document on standard output' },
} as const satisfies Record<string, OptionReference>

const format = {
  type: 'string',
  value: 'ndjson|csv',
  help: 'what the file is, if its name does not end in .csv or .tsv',
} as const
const tableOptions = {
  columns: {
    type: 'string',
    value: 'FILE',
    help: 'of CSV: a JSON object with Columns (name in the header to field path) and Constants',
  },
  'date-format': { type: 'string', value: 'FORMAT', help: 'of CSV: how dates are written, such as M/d/yyyy H:mm' },
  'time-zone': {
    type: 'string',
    value: 'ZONE',
    help: 'of CSV: where dates without a time zone are, such as America/Chicago',
  },
} as const
const watch = { type: 'boolean', default: false, help: 'stay until every encounter has ended' } as const

/** Every command: the one source of parsing, `--help`, completions and docs/encounter-gateway.md. */
export const reference = {
  submit: {
    operands: 'FILE',
    summary: 'upload a file of encounters as a batch: NDJSON, or CSV with a header of field paths',
    options: {
      emr: { type: 'string', value: 'EMR', help: 'the EMR that the encounters go to (required)' },
      instance: { type: 'string', value: 'NAME', help: 'which connection of that EMR (default: default)' },
      watch,
      resume: { type: 'boolean', default: false, help: 'go on with the batch of this file, if there is one' },
      new: { type: 'boolean', default: false, help: 'submit a file again that was submitted before' },
      check: {
        type: 'boolean',
        default: false,
        help: 'check the whole file first, and send nothing if there is a mistake in it',
      },
      key: {
        type: 'string',
        value: 'KEY',
        help: 'an Idempotency-Key of your own, in place of one made from the content',
      },
      format,
      ...tableOptions,
      'no-compress': { type: 'boolean', default: false, help: 'send it as it is, not gzipped' },
      ...gatewayOptions,
    },
    examples: [
      'encounter-gateway submit encounters.ndjson --emr Sandbox --watch',
      'encounter-gateway submit encounters.csv --emr Cerner --instance north --check --resume --watch',
    ],
  },
  batch: {
    operands: 'BATCH',
    summary: 'show where a batch stands',
    options: { watch, ...gatewayOptions },
    examples: ['encounter-gateway batch q3f0h2k7m9x1c8v5b6n4 --watch'],
  },
  results: {
    operands: 'BATCH',
    summary: 'what became of each encounter, one JSON object per line',
    options: {
      output: {
        type: 'string',
        short: 'o',
        value: 'FILE',
        help: 'write to a file, which is there whole or not at all',
      },
      status: { type: 'string', value: 'A,B', help: 'only those with these statuses, such as Failed,Rejected' },
      'failed-lines': {
        type: 'string',
        value: 'FILE',
        help: 'of this file, which the batch was made from, the lines of what failed, to be submitted again',
      },
      wait: { type: 'boolean', default: false, help: 'once the batch has finished' },
      report: { type: 'string', value: 'FILE', help: 'write a page in HTML about the batch, without patient data' },
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
    summary: 'try again what has failed',
    options: {
      job: { type: 'string', value: 'JOB', help: 'one job, in place of a batch' },
      status: {
        type: 'string',
        default: 'Failed',
        value: 'STATUS',
        help: 'in place of what has failed: OutcomeUnknown (may be in the EMR or not), Expired or Cancelled',
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
    options: { job: { type: 'string', value: 'JOB', help: 'one job, in place of a batch' }, ...gatewayOptions },
    examples: ['encounter-gateway cancel q3f0h2k7m9x1c8v5b6n4'],
  },
  job: {
    operands: 'JOB',
    summary: 'show where a job stands',
    options: { wait: { type: 'string', value: 'SECONDS', help: 'wait for its end' }, ...gatewayOptions },
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
        help: 'of CSV: show the first rows as they will be sent (default 3 on a terminal)',
      },
      max: { type: 'string', value: 'N', help: 'how many mistakes are shown (default 100)' },
      json: gatewayOptions.json,
    },
    examples: ['encounter-gateway validate encounters.csv'],
  },
  completion: {
    operands: 'SHELL',
    summary: 'write what makes bash or zsh complete commands and options',
    options: {},
    examples: [
      'source <(encounter-gateway completion bash)',
      'encounter-gateway completion zsh > ~/.zfunc/_encounter-gateway',
    ],
  },
} as const satisfies Record<string, CommandReference>

export type CommandName = keyof typeof reference
