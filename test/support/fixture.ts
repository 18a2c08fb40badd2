import { Browser, type BrowserOptions } from './browser.ts';
import type { Deployment } from './deployment.ts';

/** Something that runs for all tests of a `describe`: started before them, stopped after them, also when one fails. */
export function fixture<T>(start: () => Promise<T>, stop: (value: T) => Promise<void>): () => T {
  let value: T | undefined;
  before(async () => {
    value = await start();
  });
  after(async () => {
    if (value !== undefined) await stop(value);
  });
  return () => {
    if (value === undefined) throw new Error('used before it was started');
    return value;
  };
}

/**
 * A browser for the tests of a `describe`; its tabs are closed after each of them. When one fails, it is shown what each
 * tab has sent and received.
 */
export function useBrowser(
  options: () => Promise<BrowserOptions> | BrowserOptions = () => ({}),
): () => Browser {
  const browser = fixture(
    async () => Browser.launch(await options()),
    (launched) => launched.close(),
  );
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') process.stderr.write(`${await browser().traffic()}\n`);
    await browser().closePages();
  });
  return browser;
}

/** A deployment for the tests of a `describe`; when one fails, the end of each process's log is shown. */
export function useDeployment<T extends Deployment>(start: () => Promise<T>): () => T {
  const deployment = useStoppable(start);
  afterEach(function () {
    if (this.currentTest?.state !== 'failed') return;
    for (const { name, text, exited } of deployment().processes) {
      process.stderr.write(`--- ${name}${exited ? ' (ended)' : ''}\n${text.slice(-40).join('\n')}\n`);
    }
  });
  return deployment;
}

/** Something with `stop()` for the tests of a `describe`. */
export const useStoppable = <T extends { stop(): Promise<unknown> }>(start: () => Promise<T>): (() => T) =>
  fixture(start, async (value) => {
    await value.stop();
  });
