import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { Plugin } from 'vite';

const here = (path: string): string => new URL(path, import.meta.url).pathname;

/** The compiler, or undefined where only what runs was installed. */
function compiler(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

/** Writes the SDK's type declarations beside it. They are for those who program against it: running needs none. */
export const declarations = (): Plugin => ({
  name: 'portico:declarations',
  applyToEnvironment: (environment) => environment.name === 'sdk',
  async closeBundle() {
    const tsc = compiler();
    if (tsc === undefined || !existsSync(here('dist/sdk'))) return;
    await promisify(execFile)(process.execPath, [tsc, '-p', here('tsconfig.sdk.json')]);
    await writeFile(here('dist/sdk/index.d.ts'), "export * from './types/client/sdk/index.ts';\n");
  },
});
