/** What the command line ends with; those from 64 on are those of sysexits.h. */
export const exitCodes = {
  /** Done, and all went well. */
  ok: 0,
  /** Done, and not all went well: items rejected, failed, cancelled or in doubt; mistakes found. */
  notAll: 1,
  usage: 64,
  /** The file cannot be understood as a whole. */
  badFile: 65,
  noInput: 66,
  /** A mistake in this program. */
  bug: 70,
  /** This file was submitted before, and the command did not say what is meant by that. */
  submittedBefore: 73,
  /** Something could not be read or written. */
  inputOutput: 74,
  /** The gateway was out of reach, or had no room, for longer than there was patience for; or a wait has run out. */
  tryLater: 75,
  /** The gateway refused the request, and would again. */
  refused: 76,
  /** The application is not known, or may not do this. */
  notPermitted: 77,
  /** Credentials are missing or cannot be used. */
  configuration: 78,
  /** 128 and the number of the signal. */
  interrupted: 130,
  terminated: 143,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends the command with a message for a person. Never holds patient data or credentials. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
