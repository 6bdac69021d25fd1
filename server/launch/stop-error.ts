/** A reason not to start (or to stop) that a person can do something about: one sentence, no stack. */
export class StopError extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'StopError';
  }
}

/** The system's own code behind an error (`ENOSPC`, `EACCES` …), or null. */
export function systemCode(error: unknown): string | null {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if ('code' in e && typeof e.code === 'string') return e.code;
  return null;
}

/** The SQLSTATE of a full disk. */
const databaseFull = '53100';

/** What went wrong with `what`, in one sentence with what to do, for the failures any machine can have. */
export function explain(error: unknown, what: string): StopError {
  if (error instanceof StopError) return error;
  const options = { cause: error };
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case databaseFull:
      return new StopError(`${what}: the disk is full. Free some space, then start again.`, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StopError(
        `${what}: no permission. Start as the owner of that folder, or choose another with --data FOLDER.`,
        options
      );
    case 'ENOTDIR':
      return new StopError(
        `${what}: a file is where a folder should be. Choose another with --data FOLDER.`,
        options
      );
    default:
      return new StopError(`${what}: ${error instanceof Error ? error.message : String(error)}`, options);
  }
}
