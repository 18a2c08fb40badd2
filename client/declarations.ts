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

/** Environments that build a library, and where its sources begin; each has a `tsconfig.<name>.json`. */
const libraries: Readonly<Record<string, string>> = {
  sdk: 'client/sdk/index.ts',
  admin: 'management-api/sdk/index.ts',
};

/** Writes the SDKs' type declarations beside them. They are for those who program against them: running needs none. */
export const declarations = (): Plugin => ({
  name: 'portico:declarations',
  applyToEnvironment: ({ name }) => Object.hasOwn(libraries, name),
  async closeBundle() {
    const { name } = this.environment;
    const tsc = compiler();
    if (tsc === undefined || !existsSync(here(`dist/${name}`))) return;
    await promisify(execFile)(process.execPath, [tsc, '-p', here(`tsconfig.${name}.json`)]);
    await writeFile(here(`dist/${name}/index.d.ts`), `export * from './types/${libraries[name] ?? ''}';\n`);
  },
});
