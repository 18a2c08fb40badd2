// @ts-check
/**
 * Progress of long steps on stderr (stdout belongs to the command that is set up): one line that
 * changes in place on a terminal; elsewhere a plain line at the start, at the end and now and then.
 *
 * @typedef {object} Step
 * @property {(detail: string) => void} update  what is being done right now, e.g. `120/261`
 * @property {(summary: string) => void} done   ends the step with a sentence
 * @property {() => void} stop                  ends it without one (a failure is reported elsewhere)
 *
 * @typedef {object} Progress
 * @property {(title: string) => Step} step
 * @property {(line: string) => void} note
 */

const TERMINAL_TICK_MS = 500;
const PLAIN_TICK_MS = 30_000;

/**
 * @param {{ stream?: NodeJS.WritableStream & { isTTY?: boolean, columns?: number }, now?: () => number }} [options]
 * @returns {Progress}
 */
export function createProgress({ stream = process.stderr, now = Date.now } = {}) {
  const live = stream.isTTY === true;
  /** @param {string} text */
  const clear = (text) => (live ? `\r\x1b[2K${text}` : text);
  /** @param {string} line */
  const note = (line) => void stream.write(clear(`portico: ${line}\n`));

  return {
    note,
    step(title) {
      const begun = now();
      const seconds = () => `${Math.round((now() - begun) / 1000)} s`;
      let detail = '';
      const show = () => {
        const line = `portico: ${[title, detail].filter(Boolean).join('  ')}  (${seconds()})`;
        stream.write(live ? clear(line.slice(0, (stream.columns ?? 80) - 1)) : `${line}\n`);
      };
      stream.write(live ? clear(`portico: ${title}`) : `portico: ${title} ...\n`);
      const timer = setInterval(show, live ? TERMINAL_TICK_MS : PLAIN_TICK_MS);
      timer.unref();
      const stop = () => {
        clearInterval(timer);
        if (live) stream.write(clear(''));
      };
      return {
        update(text) {
          detail = text;
        },
        done(summary) {
          stop();
          note(`${summary} (${seconds()})`);
        },
        stop,
      };
    },
  };
}
