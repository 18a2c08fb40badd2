// @ts-check
/**
 * Writes the references that are generated from the code: `node docs/generate.mjs`. A test checks that they are current.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { generate, generatedPaths, root } from './generate/pages.ts';

for (const path of generatedPaths) {
  const file = new URL(path, root);
  const text = await generate(path);
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before !== text) await writeFile(file, text);
  console.log(`${path}: ${before === text ? 'unchanged' : 'written'}`);
}
