/** The exit codes of the command line; those from 64 on are those of sysexits.h. */
export const exitCodes = {
  /** Done, all succeeded. */
  ok: 0,
  /** Done, not all succeeded: items rejected, failed, cancelled or in doubt; mistakes found. */
  notAll: 1,
  usage: 64,
  /** The file as a whole is invalid. */
  badFile: 65,
  noInput: 66,
  /** A bug of this program. */
  bug: 70,
  /** This file was submitted before, and the command has neither --resume nor --new. */
  submittedBefore: 73,
  /** A file or stream could not be read or written. */
  inputOutput: 74,
  /** The gateway was unreachable or full for longer than the patience; or a wait has ended early. */
  tryLater: 75,
  /** The gateway refused the request; a retry would be refused, too. */
  refused: 76,
  /** The application is unknown, or may not do this. */
  notPermitted: 77,
  /** Credentials are missing or invalid. */
  configuration: 78,
  /** 128 plus the number of the signal. */
  interrupted: 130,
  terminated: 143,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends the command with a human-readable message. Never contains patient data or credentials. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
