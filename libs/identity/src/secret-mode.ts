import { ConsiliumError } from '@consilium/protocol';

/** What the file system says of a path that holds, or leads to, a secret. */
export interface PathFacts {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** The twelve mode bits. */
  readonly mode: number;
  /** Owner's user id. */
  readonly uid: number;
}

/** Who reads it, and how much is allowed. */
export interface SecretRules {
  /** Effective user id of this process; undefined where the system has none. */
  readonly uid: number | undefined;
  /** For orchestrators that mount secrets root-owned with a group: admits 0640 (0750 for the directory) and owner root. */
  readonly allowGroupRead: boolean;
}

/**
 * Field case OPS-2: why a secret at this path must not be used, or undefined when it may.
 * The error names path, what was found, what is needed, and the command that repairs it.
 */
export function secretProblem(facts: PathFacts, rules: SecretRules): ConsiliumError | undefined {
  const { path, kind, mode, uid } = facts;
  const directory = kind === 'directory';
  const needed = directory ? (rules.allowGroupRead ? 0o750 : 0o700) : rules.allowGroupRead ? 0o640 : 0o600;
  const repair = `chmod ${octal(needed)} ${shellWord(path)}`;
  if (kind === 'symlink')
    return wrong(
      `${path} is a symbolic link; a regular file of mode 0${octal(needed)} is needed`,
      `Replace the link by the file itself: cp --remove-destination "$(readlink -f ${shellWord(path)})" ${shellWord(path)} && ${repair}`,
    );
  if (kind === 'other')
    return wrong(`${path} is not a regular file of mode 0${octal(needed)}`, 'Restore the key file from a backup, or make new keys.');
  const owners = rules.allowGroupRead ? [rules.uid, 0] : [rules.uid];
  if (rules.uid !== undefined && !owners.includes(uid))
    return wrong(
      `${path} (mode 0${octal(mode)}) belongs to user ${uid}; owner ${rules.uid} and mode 0${octal(needed)} are needed`,
      `Run as root: chown ${rules.uid} ${shellWord(path)} && ${repair}`,
    );
  // Set-group-id and sticky bits open no directory to anybody, and orchestrators set them.
  if ((mode & ~needed & (directory ? 0o777 : 0o7777)) !== 0)
    return wrong(`${path} has mode 0${octal(mode)}; 0${octal(needed)} is needed`, `Run: ${repair}`);
  return undefined;
}

function wrong(what: string, fix: string): ConsiliumError {
  return new ConsiliumError({ code: 'KEY_FILE_MODE', errorClass: 'forbidden', message: `${what}.`, fix });
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}

/** A path as a shell takes it, quoted only where it must be. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
