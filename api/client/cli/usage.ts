/** `encounter-gateway --help`. */
export const USAGE = `Usage: encounter-gateway COMMAND [options]

  submit FILE --emr EMR     uploads a file of encounters as a batch: NDJSON, or CSV with a header of field paths
    --watch                   stays until every encounter has ended
    --resume                  goes on with the batch of this file, if there is one
    --new                     submits a file again that was submitted before
    --check                   checks the whole file first, and sends nothing if there is a mistake in it
    --instance NAME           which connection of that EMR (default: default)
    --key KEY                 an Idempotency-Key of your own, in place of one made from the file's content
    --format ndjson|csv       what the file is, if its name does not end in .csv or .tsv
    --no-compress             sends it as it is, not gzipped
  batch BATCH [--watch]     tells where a batch stands
  results BATCH [-o FILE]   what became of each encounter, one JSON object per line
    --status A,B              only those with these statuses, such as Failed,Rejected
    --wait                    once the batch has finished
  retry BATCH | --job JOB   tries again what has failed
    --status STATUS           in place of what has failed: OutcomeUnknown (may be in the EMR or not), Expired or Cancelled
    --dry-run                 only counts
    --watch                   stays until every encounter has ended
  cancel BATCH | --job JOB  cancels what the EMR has nothing of yet
  job JOB [--wait SECONDS]  tells where a job stands
  validate FILE             checks a file without sending anything
    --format ndjson|csv, --max N   (mistakes shown; default 100)

Of every command that speaks to a gateway:
  --credentials FILE        a JSON object with Url, ApplicationName, ApplicationKey, LoginId, Password, ...
  --patience SECONDS        how long to try again while nothing gets through (default 900)
  --json                    for programs: one JSON document on standard output

Credentials come from that file or from GATEWAY_URL, GATEWAY_APPLICATION_NAME, GATEWAY_APPLICATION_KEY, GATEWAY_LOGIN_ID,
GATEWAY_PASSWORD, GATEWAY_AUTHORIZATION_TOKEN, GATEWAY_EMR_INSTANCE; never from the command line. GATEWAY_CREDENTIALS
names a file as well.

Exit codes: 0 all went well; 1 not all did (rejected, failed, in doubt; mistakes found); 64 usage; 65 file not understood;
66 no such file; 73 submitted before; 74 cannot read or write; 75 try later; 76 refused; 77 not permitted; 78 credentials;
130 interrupted.
`
