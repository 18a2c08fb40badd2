// @ts-check
/**
 * An expected failure of the set-up: it names what could not be done, why, and the command that
 * repairs it, and is shown without a stack trace.
 */
export class Failure extends Error {
  /** @param {{ what: string, why: string, fix: string | string[] }} parts */
  constructor({ what, why, fix }) {
    super(what);
    this.name = 'Failure';
    this.why = why;
    /** Lines; the commands among them can be pasted into a shell as they are. */
    this.fix = Array.isArray(fix) ? fix : [fix];
  }
}

/**
 * @param {unknown} error
 * @returns {string} what a person at the terminal is shown
 */
export function describe(error) {
  if (error instanceof Failure) {
    return [
      '',
      `portico: ${error.message}`,
      ...indent('Why: ', error.why.split('\n')),
      ...indent('Fix: ', error.fix),
      '',
    ].join('\n');
  }
  const refused = systemFailure(error);
  if (refused) return describe(refused);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `\nportico: the set-up failed in a way that it does not know (a defect, please report it)\n${text}\n`;
}

/**
 * @param {unknown} error
 * @returns {Failure | undefined} what a file system's refusal means to a person
 */
function systemFailure(error) {
  const { code, path, dest } = /** @type {NodeJS.ErrnoException & { dest?: string }} */ (error ?? {});
  const what = `the set-up cannot write ${dest ?? path}`;
  if (code === 'ENOSPC') {
    return new Failure({ what, why: 'the disk is full (ENOSPC).', fix: 'free some space, then try again' });
  }
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') return undefined;
  return new Failure({
    what,
    why: `the system refuses it (${code}).`,
    fix: [
      'make the checkout and the cache folder writable for this user:',
      '  sudo chown -R "$(id -u)" . ~/.cache',
      'or choose another cache folder:',
      '  XDG_CACHE_HOME=/path/to/folder npm start',
    ],
  });
}

/**
 * @param {string} label
 * @param {string[]} lines
 */
function indent(label, lines) {
  return lines.map((line, index) => `  ${index === 0 ? label : ' '.repeat(label.length)}${line}`);
}
